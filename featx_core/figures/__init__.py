"""All Plotly figures. They only draw; nothing is computed here."""
