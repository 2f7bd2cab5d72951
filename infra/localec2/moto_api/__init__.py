"""The EC2 API in front of moto: requests checked, answers as AWS gives them."""
