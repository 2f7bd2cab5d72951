"""The series' machines by the EC2 API, on AWS and on the local EC2 alike.

Everything carries the cluster's tag and is looked up by it before it is created, so every function
can be called again after it was cut short. Only ``sdk`` imports boto3.
"""

from infra.ec2.api import Client, InUse, Keys, Missing, Refused, client, iam
from infra.ec2.model import InstanceInfo, Provisioned, instances
from infra.ec2.power import reboot, start, stop
from infra.ec2.provision import find, provision, route_pods
from infra.ec2.remove import clusters, deprovision, withdraw
from infra.ec2.unmanaged_resources import strangers

__all__ = [
    "Client",
    "InUse",
    "InstanceInfo",
    "Keys",
    "Missing",
    "Provisioned",
    "Refused",
    "client",
    "clusters",
    "deprovision",
    "find",
    "iam",
    "instances",
    "provision",
    "reboot",
    "route_pods",
    "start",
    "stop",
    "strangers",
    "withdraw",
]
