@article_71 @relies_on_every_worker @relies_on_ebs_driver
Feature: A volume in use is modified
  A VolumeAttributesClass names what may change in a volume while it is in use. The driver asks EC2 to modify
  the volume, and EC2 is asked as well as Kubernetes whether it did. Every scenario has a volume of its own:
  EC2 allows four modifications of a volume per day, and may take minutes for each. The local EC2 reports
  IOPS and throughput but does not enforce them.

  Background:
    Given the EBS CSI driver

  @claim_71_12
  Rule: A PVC names another class, and the same volume is modified

    Background:
      Given two writers, each with a PVC of the class "slow" of 3000 IOPS and 125 MiB/s
      And a class "fast" of 4000 IOPS and 150 MiB/s is created

    Scenario: A volume under a writer is modified from 3000 to 4000 IOPS
      When the PVC of the first writer names the class "fast"
      Then within 300 s the PVC and its volume have the class "fast", and no modification is in progress
      And EC2 has the volume with 4000 IOPS and 150 MiB/s, after one modification from 3000 IOPS and 125 MiB/s
      And the events of the PVC report the modification
      And the writer, its PVC and its volume are the same
      And the writer paused for less than 5 s
      And EC2 has the second writer's volume with 3000 IOPS and 125 MiB/s, without a modification

    @changes_ebs_driver
    Scenario: The driver's controller Pods are replaced during a modification
      When the PVC of the first writer names the class "fast"
      And the controller Pods of the driver are replaced during the modification
      Then within 360 s the PVC and its volume have the class "fast", and no modification is in progress
      And EC2 has the volume with 4000 IOPS and 150 MiB/s, after one modification from 3000 IOPS and 125 MiB/s
      And the writer, its PVC and its volume are the same
      And the writer paused for less than 5 s

  @claim_71_13
  Rule: A VolumeAttributesClass is immutable and stays while it is in use

    Scenario: The parameters and the driver of a class are changed
      Given a class "slow" of 3000 IOPS and 125 MiB/s is created
      Then a change of the parameters of the class "slow" is refused with 422
      And a change of the driver of the class "slow" is refused with 422

    Scenario: A class in use is deleted
      Given a writer with a PVC of the class "slow" of 3000 IOPS and 125 MiB/s
      And a class "fast" of 4000 IOPS and 150 MiB/s is created
      When the class "slow" is deleted
      Then for 5 s the deleted class stays with the finalizer "kubernetes.io/vac-protection"
      When the PVC names the class "fast"
      Then within 300 s the PVC and its volume have the class "fast", and no modification is in progress
      And within 60 s the class "slow" no longer exists

  @claim_71_14
  Rule: A missing class keeps the modification pending; it starts when the class exists and is named again

    Scenario: A PVC names a class before it is created
      Given a writer with a PVC of the class "slow" of 3000 IOPS and 125 MiB/s
      When the PVC names the class "fast"
      Then within 30 s the modification is "Pending" and EC2 has none
      When a class "fast" of 4000 IOPS and 150 MiB/s is created
      And the PVC names the class "slow" and then the class "fast" again
      Then within 300 s the PVC and its volume have the class "fast", and no modification is in progress
      And EC2 has the volume with 4000 IOPS and 150 MiB/s, after one modification from 3000 IOPS and 125 MiB/s

  @claim_71_15
  Rule: A class with an unknown parameter is infeasible, and the PVC can name another class

    Scenario: A class with a parameter that the driver does not know
      Given a writer with a PVC of the class "slow" of 3000 IOPS and 125 MiB/s
      And a class "strange" with the parameter "colour" is created
      When the PVC names the class "strange"
      Then within 60 s the modification is "Infeasible" and EC2 has none
      And the PVC reports that the driver does not know "colour"
      When the PVC names the class "slow"
      Then within 60 s the PVC and its volume have the class "slow", and no modification is in progress

  @claim_71_16
  Rule: A class in use can be replaced but not removed

    Scenario: A PVC is created with a class and then requests no class
      Given a writer with a PVC of the class "fast" of 4000 IOPS and 150 MiB/s
      Then EC2 has the writer's volume with 4000 IOPS and 150 MiB/s, without a modification
      And the removal of the class from the PVC is refused with 422
