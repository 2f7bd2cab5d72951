"""IAM's answers: moto's, with what it trips over refused as AWS does."""

from moto.core.responses import ActionResult
from moto.iam.exceptions import NotFoundException
from moto.iam.responses import IamResponse


class IamAnswers(IamResponse):  # type: ignore[misc]  # moto is untyped
    def remove_role_from_instance_profile(self) -> ActionResult:
        """Done again, there is no such role any more."""
        name, role = self._get_param("InstanceProfileName"), self._get_param("RoleName")
        if role not in [one.name for one in self.backend.get_instance_profile(name).roles]:
            raise NotFoundException(f"The role {role} is not in the instance profile {name}.")
        return super().remove_role_from_instance_profile()
