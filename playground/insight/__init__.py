"""What a trained network can be asked. One question, one module; long ones are tasks for the job service."""
