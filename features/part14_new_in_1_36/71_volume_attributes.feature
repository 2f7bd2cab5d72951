@article_71 @storage
Feature: A volume in use gets another performance
  A VolumeAttributesClass names what may change of a volume while it is in use. The driver asks EC2 to
  modify the volume; EC2 is asked beside Kubernetes whether it did. Every scenario has a volume of its
  own: EC2 allows four changes of one in a day, and may take minutes for each. The local EC2 reports
  IOPS and throughput, it does not enforce them.

  Background:
    Given the EBS CSI driver

  @claim_71_12
  Rule: A claim names another class, and the volume follows without anything being made anew

    Scenario: 3000 IOPS become 4000 under a writer
      Given a class "slow" of 3000 IOPS and 125 MiB/s, and a class "fast" of 4000 IOPS and 150 MiB/s
      And two writers, each with a volume of the class "slow"
      When the first one's claim names the class "fast"
      Then within 300 s the claim and its volume have the class "fast", and no change is under way
      And EC2 has it with 4000 IOPS and 150 MiB/s, by one change from 3000 IOPS and 125 MiB/s
      And events of the claim tell of the change
      And its writer, its claim and its volume are the same, with less than 5 s between two numbers
      And the second one's volume still has 3000 IOPS and 125 MiB/s

    @serial
    Scenario: The driver's controllers end in the middle of the change
      Given a class "slow" of 3000 IOPS and 125 MiB/s, and a class "fast" of 4000 IOPS and 150 MiB/s
      And two writers, each with a volume of the class "slow"
      When the first one's claim names the class "fast" and the driver's controllers are killed
      Then within 360 s the claim and its volume have the class "fast", and no change is under way
      And EC2 has it with 4000 IOPS and 150 MiB/s, by one change from 3000 IOPS and 125 MiB/s
      And its writer, its claim and its volume are the same, with less than 5 s between two numbers

  @claim_71_13
  Rule: A class is a fixed recipe that lives as long as it is used

    Scenario: Its parameters are changed, and it is deleted
      Given a class "slow" of 3000 IOPS and 125 MiB/s, and a class "fast" of 4000 IOPS and 150 MiB/s
      And a writer with a volume of the class "slow"
      Then a change of the parameters or the driver of the class "slow" is refused as invalid
      When the class "slow" is deleted
      Then for 5 s it is there, held back by "kubernetes.io/vac-protection"
      When the claim names the class "fast"
      Then within 300 s the claim and its volume have the class "fast", and no change is under way
      And within 60 s the class "slow" is gone

  @claim_71_14
  Rule: A class that is not there holds the change, until it is there and named anew

    Scenario: A claim names a class before anybody makes it
      Given a class "slow" of 3000 IOPS and 125 MiB/s
      And a writer with a volume of the class "slow"
      When the claim names the class "fast"
      Then within 30 s the change is "Pending", and EC2 has no change of the volume
      When a class "fast" of 4000 IOPS and 150 MiB/s is made
      And the claim names the class "slow" and then "fast" anew
      Then within 300 s the claim and its volume have the class "fast", and no change is under way
      And EC2 has it with 4000 IOPS and 150 MiB/s, by one change from 3000 IOPS and 125 MiB/s

  @claim_71_15
  Rule: A recipe that the driver cannot follow is infeasible, and can be taken back

    Scenario: A class with a word that the driver does not know
      Given a class "slow" of 3000 IOPS and 125 MiB/s
      And a class "strange" with the parameter "colour"
      And a writer with a volume of the class "slow"
      When the claim names the class "strange"
      Then within 60 s the change is "Infeasible", and EC2 has no change of the volume
      And the claim tells that the driver does not know "colour"
      When the claim names the class "slow"
      Then within 60 s the claim and its volume have the class "slow", and no change is under way

  @claim_71_16
  Rule: A class in force can be replaced but not removed

    Scenario: A claim is made with a class and then asks for none
      Given a class "fast" of 4000 IOPS and 150 MiB/s
      And a writer with a volume of the class "fast"
      Then EC2 has it with 4000 IOPS and 150 MiB/s from its making on
      And the claim may not ask for no class
