"""What `cargohold doctor` looks at: this machine (`here`), a stack in AWS (`stack`), and what both share."""
