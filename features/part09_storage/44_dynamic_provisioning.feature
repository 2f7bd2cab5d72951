@article_44 @storage
Feature: A claim becomes a real EBS volume
  The EBS CSI driver makes, attaches, mounts and removes EBS volumes for claims. Every scenario has
  a StorageClass of its own for gp3, and EC2 is asked beside Kubernetes: a claim's status is only the
  driver's word. The writer is a Pod that puts numbers on its volume, each on the disk before the
  next, so that a lost or repeated write shows. AWS may take minutes to modify a volume, and to give
  or take a role's credentials; a controller that had none tries again each five minutes at most.

  Background:
    Given the EBS CSI driver

  @claim_44_1
  Rule: The driver runs in Pods of the workers, with a role of theirs

    Scenario: Two controllers, a node plugin on each worker, and the role
      Then both its controllers run on workers with 6 of 6 containers Ready
      And each worker has it registered
      And the instance profile of its role is on the workers and on no other machine

  @claim_44_2
  Rule: A volume is made for the first Pod, where that Pod runs

    Scenario: A claim alone, and then with a writer
      When a volume is claimed
      Then for 5 s the claim is pending and EC2 has no volume for it
      When a writer takes the claim
      Then EC2 has a gp3 volume of 8 GiB for it, with 3000 IOPS and 125 MiB/s
      And EC2 has it attached to the writer's worker
      And only nodes of its zone may use it

  @claim_44_3
  Rule: A volume follows its Pod to the other worker

    Scenario: A writer ends, and one on the other worker begins
      Given a writer with a volume of its own
      When it ends and a writer on the other worker takes the claim
      Then EC2 has it attached to the writer's worker
      And it is the same volume, with every number that was written before
      And numbers go on where they ended

  @claim_44_4
  Rule: The class says what is left when a claim goes

    Scenario Outline: A claim of the policy "<policy>" is deleted
      Given a writer with a volume of its own and the policy "<policy>"
      When the writer and its claim are deleted
      Then within 60 s Kubernetes has its volume as "<kubernetes>" and EC2 as "<ec2>"

      Examples:
        | policy | kubernetes | ec2       |
        | Delete | gone       | gone      |
        | Retain | Released   | available |

  @claim_44_5
  Rule: A detached volume grows, and its file system with the next Pod

    Scenario: A claim asks for more while no Pod uses it
      Given a writer with a volume of its own
      When it ends and the claim asks for 12 GiB
      Then within 300 s EC2 has 12 GiB for it
      When a writer takes the claim
      Then its file system has 12 GiB
      And it is the same volume, with every number that was written before

  @claim_44_6 @serial
  Rule: Without the role no volume is made

    Scenario: The workers lose the role and get it back
      When the workers lose the driver's role and its controllers begin anew
      And a volume is claimed, with a writer that cannot start yet
      Then within 300 s both controllers tell that they have no credentials
      And for 5 s the claim is pending and EC2 has no volume for it
      When the workers get the driver's role back
      Then within 600 s EC2 has a volume for it and the writer runs

  @claim_44_9 @serial
  Rule: A worker has no more volumes than its plugin tells

    Scenario: One volume a worker
      Given the driver's node plugins allow one volume a worker
      And a writer with a volume of its own
      When another writer claims a volume for the same worker
      Then within 60 s it is not scheduled, for that worker has no room for a volume
      And for 5 s EC2 has no volume for the other claim
      But a writer that may run anywhere gets a volume on the other worker

  @claim_44_7 @disruptive
  Rule: A kubelet's restart leaves a mounted volume alone

    Scenario: The kubelet of a writer begins anew
      Given a writer with a volume of its own
      When the kubelet of its worker begins anew
      Then its writer, its claim and its volume are the same, with less than 5 s between two numbers
      And EC2 has it attached to the writer's worker

  @claim_44_8 @disruptive @slow
  Rule: The volume of a node that is out of service goes to the other one

    Scenario: A worker goes off and its node is declared out of service
      Given a writer with a volume of its own
      When its worker goes off
      Then within 90 s its node is not ready, and EC2 still has the volume attached to it
      When its node is declared out of service
      Then within 60 s EC2 has it detached
      When a writer takes the claim
      Then it is the same volume, with every number that was written before
      And EC2 has it attached to the writer's worker
