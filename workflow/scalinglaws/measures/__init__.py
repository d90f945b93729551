"""What is measured on a network: norms, losses, margins."""
