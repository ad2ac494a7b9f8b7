"""How the embedded backbone is measured: suites, competitors, statistics, tables. The rules are in `PROTOCOL.md`."""
