"""What every feature's pages and routes stand on: templates, errors, guards, pictures."""
