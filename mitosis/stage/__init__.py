"""The two LightningModules."""
