@article_44 @relies_on_every_worker @relies_on_ebs_driver
Feature: A PersistentVolumeClaim is provisioned as an EBS volume
  The EBS CSI driver creates, attaches, mounts and deletes EBS volumes for PVCs. Every scenario has a
  StorageClass of its own for gp3 and asks EC2 as well as Kubernetes: the status of a PVC is only what the
  driver reports. The writer is a Pod that writes numbered lines to its volume and syncs each one to disk, so
  that a lost or repeated write is visible. AWS may take minutes to modify a volume or to grant or revoke the
  credentials of a role; a controller without credentials retries at least every five minutes.

  Background:
    Given the EBS CSI driver

  @claim_44_1
  Rule: The driver runs as Pods on the workers, with an IAM role of the workers

    Scenario: Two controller Pods, a node plugin on every worker, and the IAM role
      Then both controller Pods of the driver run on workers with 6 of 6 containers Ready
      And the driver is registered on every worker
      And the instance profile of the driver's role is on the workers and on no other machine

  @claim_44_2
  Rule: A volume is provisioned for the first Pod, in the zone where that Pod runs

    Scenario: A PVC without a Pod, and then with a writer
      When a PVC is created
      Then for 5 s the PVC is Pending and has no volume in EC2
      When a writer mounts the PVC
      Then EC2 has a gp3 volume of 8 GiB for the PVC, with 3000 IOPS and 125 MiB/s
      And EC2 has the volume attached to the writer's worker
      And the PersistentVolume allows only nodes in the zone of the volume

  @claim_44_3
  Rule: A volume follows its Pod to another worker

    Scenario: A writer is replaced by one on the other worker
      Given a writer with a PVC
      When the writer is replaced by a writer on the other worker
      Then EC2 has the volume attached to the writer's worker
      And the PVC has the same volume, with every line that was written to the volume earlier
      And the writer continues to write numbered lines

  @claim_44_4
  Rule: The reclaim policy determines what remains of a deleted PVC

    Scenario Outline: A PVC with the reclaim policy "<policy>" is deleted
      Given a writer with a PVC whose reclaim policy is "<policy>"
      When the writer and its PVC are deleted
      Then within 60 s the PersistentVolume is "<kubernetes>" and its EC2 volume is "<ec2>"

      Examples:
        | policy | kubernetes | ec2       |
        | Delete | absent     | absent    |
        | Retain | Released   | available |

  @claim_44_5
  Rule: A detached volume grows, and its file system grows with the next Pod

    Scenario: A PVC is expanded while no Pod mounts it
      Given a writer with a PVC
      When the writer is deleted and its PVC requests 12 GiB
      Then within 300 s the EC2 volume has 12 GiB
      When a writer mounts the PVC
      Then the file system of the volume has 12 GiB
      And the PVC has the same volume, with every line that was written to the volume earlier

  @claim_44_6 @changes_ebs_driver
  Rule: Without the IAM role no volume is provisioned
    A process keeps its credentials for hours: the driver's controller Pods are replaced when the role is removed.

    Scenario: The workers lose the IAM role and get it back
      When the driver's role is removed from the workers
      And a writer with a PVC is created
      Then within 300 s both controller Pods of the driver report that they have no credentials
      And for 5 s the PVC is Pending and has no volume in EC2
      When the driver's role is added to the workers
      Then within 600 s EC2 has a volume for the PVC and the writer runs

  @claim_44_9 @changes_ebs_driver
  Rule: A worker has at most as many volumes as its node plugin reports

    Scenario: The node plugins report a limit of one volume per worker
      Given node plugins that report a limit of one volume per worker
      And a writer with a PVC
      When a second writer with a PVC is created for the same worker
      Then within 60 s the second writer is not scheduled, because the worker has reached its volume limit
      And for 5 s the second PVC is Pending and has no volume in EC2
      But a third writer without a node selector gets a volume on the other worker

  @claim_44_7 @changes_every_worker @changes_ebs_driver
  Rule: A mounted volume is not disturbed by a restart of the kubelet

    Scenario: The kubelet on the writer's worker restarts
      Given a writer with a PVC
      When the kubelet on the writer's worker restarts
      Then the writer, its PVC and its volume are the same
      And the writer paused for less than 5 s
      And EC2 has the volume attached to the writer's worker

  @claim_44_8 @slow @changes_every_worker @changes_ebs_driver @changes_nodes_readiness @changes_add_ons
  Rule: The volume of an out-of-service node moves to another node

    Scenario: A worker is powered off and its node is tainted as out of service
      Given a writer with a PVC
      When the writer's worker is powered off
      Then within 90 s the node of the writer's worker is not Ready, and EC2 still has the volume attached to the worker
      When the node of the writer's worker is tainted as out of service
      Then within 60 s EC2 has the volume detached
      When a writer mounts the PVC
      Then the PVC has the same volume, with every line that was written to the volume earlier
      And EC2 has the volume attached to the writer's worker
