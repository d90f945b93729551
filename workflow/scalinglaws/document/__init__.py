"""The replication PDF: numbers gathered as text, then set by typst."""
