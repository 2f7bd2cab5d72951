@article_69 @ignores_workers @since_1_36
Feature: Mutating admission policy
  New at v1 in 1.36: a policy may change what is created, again without a webhook. The article adds a
  label to Pods, as an apply configuration or as a JSON patch. Here the label is "marked": an object marked
  yes has the label with the value "yes". The Pods have a scheduling gate, so that admission is judged and no
  worker is used.

  @claim_69_17
  Rule: A mutating policy adds the label to every new Pod, and the stored object has it

    Scenario Outline: A policy that <rule>
      Given a stored Pod
      And a policy that <rule> is in force
      When a Pod is created through each API server
      Then each API server stores the object marked yes
      And the stored object and its dependents are the same
      And in another namespace no API server marks a Pod

      Examples:
        | rule                   |
        | labels Pods            |
        | patches labels of Pods |

    Scenario: The Pod of a Deployment is marked and the Pod template is not
      Given a policy that labels Pods is in force
      When a Deployment with 1 replica is created through each API server
      Then within 30 s each new Deployment has one Pod, marked yes
      And no Pod template is marked

  @claim_69_18
  Rule: The expression keeps or overwrites an existing label, once

    Scenario Outline: A policy that <rule> leaves a Pod marked no with <mark>
      Given a policy that <rule> is in force
      When a Pod marked no is sent to each API server as a dry run
      Then each API server returns the object marked <mark>
      And no API server has stored the object

      Examples:
        | rule                   | mark |
        | labels Pods            | yes  |
        | labels unmarked Pods   | no   |
        | patches labels of Pods | yes  |

    Scenario Outline: A policy that <rule> marks a Pod once, however often it is updated
      Given a policy that <rule> is in force
      When a Pod with the label team=red is created through each API server
      Then each API server stores the object marked yes
      When each stored object is updated without a change
      Then each stored object has its original label, the mark and no other label

      Examples:
        | rule                   |
        | labels Pods            |
        | patches labels of Pods |

    Scenario: A JSON patch that expects a map of labels fails without one
      Given a policy that patches labelled Pods is in force
      When a Pod is sent to each API server as a dry run
      Then each API server refuses the request with 403 and the reason "Invalid"
      And each API server admits a Pod with the label team=red

  @claim_69_19
  Rule: Mutation happens before validation

    Scenario: A validating policy sees the label that a mutating policy adds
      Given a policy that requires marked Pods is in force
      And a policy that labels Pods is in force
      When a Pod is sent to each API server as a dry run
      Then each API server admits the request
      When the binding is deleted
      Then within 10 s each API server refuses a Pod

  @claim_69_20
  Rule: A broken mutation fails closed, with another code than a denial

    Scenario Outline: A policy that <rule> fails closed
      Given a policy that <rule> is in force
      When a Pod is sent to each API server as a dry run
      Then each API server refuses the request with 403 and the reason "Invalid"
      When the failure policy of the policy becomes Ignore
      Then within 10 s no API server marks a Pod

      Examples:
        | rule                 |
        | copies the team      |
        | replaces tolerations |
