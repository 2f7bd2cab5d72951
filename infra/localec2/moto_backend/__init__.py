"""moto's models of EC2, with AWS's refusals and states that are facts."""
