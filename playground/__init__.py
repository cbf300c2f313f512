"""A neural-network playground: `for event in Trainer(run, data): print(event)`."""
