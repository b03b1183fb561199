"""How fast, how large: Cargohold beside Syft and beside the least that any analysis must do."""
