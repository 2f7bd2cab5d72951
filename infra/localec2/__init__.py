"""The local EC2: the EC2 API from moto, made true by User-mode Linux machines."""
