"""All Plotly figures. Nothing is computed here."""
