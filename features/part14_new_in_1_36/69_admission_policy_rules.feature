@article_69 @ignores_workers
Feature: How an admission policy decides
  The binding defines what a failed rule does: deny, warn or audit. The policy has its own messages, reasons,
  parameters and conditions, and defines what happens when a rule cannot be evaluated. Each scenario starts
  from a policy that denies, so that a missing refusal is not a policy that is not loaded yet.

  @claim_69_10
  Rule: Warn admits the request with a warning

    Scenario: A binding that warns
      Given a policy that refuses latest tags is in force
      When the binding's validationActions become [Warn]
      Then within 10 s each API server warns about a Deployment with image busybox:latest
      When a Deployment with image busybox:latest is created through each API server
      Then each API server admits the request and stores the object

    Scenario: A binding cannot deny and warn
      Given a policy that refuses latest tags is in force
      When the binding's validationActions become [Deny, Warn]
      Then the API refuses the request with 422, naming "validationActions"
      And each API server refuses a Deployment with image busybox:latest

  @claim_69_11
  Rule: Audit admits the request without a warning and adds an annotation to the audit log

    Scenario: A binding that audits
      Given a policy that refuses latest tags is in force
      When the binding's validationActions become [Audit]
      Then within 10 s each API server admits a Deployment with image busybox:latest
      When a Deployment with image busybox:latest is sent to each API server as a dry run
      Then each API server admits the request without a warning
      And each API server's audit log has a validation failure of the request
      When a Deployment with image busybox:1.37 is sent to each API server as a dry run
      Then each API server's audit log has no validation failure of the request

  @claim_69_12
  Rule: Message and reason come from the policy

    Scenario Outline: The reason <reason> is answered with <code>
      Given a policy that refuses latest tags is in force
      When the reason of the policy becomes <reason>
      Then within 10 s each API server refuses a Deployment with image busybox:latest with <code>

      Examples:
        | reason                | code |
        | Forbidden             | 403  |
        | RequestEntityTooLarge | 413  |

    Scenario: Unauthorized is not a valid reason of a policy
      Given a policy that refuses latest tags is in force
      When the reason of the policy becomes Unauthorized
      Then the API refuses the request with 422, naming "spec.validations[0].reason"
      And each API server refuses a Deployment with image busybox:latest

    Scenario Outline: A message expression that <manner>
      Given a policy that refuses latest tags is in force
      When the message of the policy comes from an expression that <manner>
      Then within 10 s each API server refuses a Deployment with image busybox:latest with the message "<message>"

      Examples:
        | manner            | message                           |
        | quotes the object | no 0 replicas of busybox:latest   |
        | returns two lines | no container may be tagged latest |
        | returns blanks    | no container may be tagged latest |

  @claim_69_13
  Rule: Parameters are data in another object

    In a custom resource: API servers of 1.36 stop watching a built-in kind, like ConfigMap, for good once
    no binding uses it (kubernetes#130887), and later decide by what they saw last.

    Scenario: Other parameters, another decision, the same policy
      Given the parameter object limits allows 3 replicas
      And a policy that limits replicas is in force
      Then each API server refuses a Deployment with 4 replicas
      When the parameter object limits allows 5 replicas
      Then within 10 s each API server admits a Deployment with 4 replicas
      And each API server refuses a Deployment with 6 replicas
      And each API server returns the policies and bindings as written

    Scenario: Without its parameter object a policy denies or admits as the binding defines
      Given the parameter object limits allows 3 replicas
      And a policy that limits replicas is in force
      When the parameter object limits is deleted
      Then within 10 s each API server refuses a Deployment with 2 replicas
      When the binding's parameterNotFoundAction becomes Allow
      Then within 10 s each API server admits a Deployment with 4 replicas

    Scenario: Several parameter objects have to be satisfied
      Given the parameter object limits allows 3 replicas
      And the parameter object tighter allows 1 replica
      And a policy that limits replicas is in force
      Then each API server admits a Deployment with 2 replicas
      When the binding's paramRef selects every object of the scenario
      Then within 10 s each API server refuses a Deployment with 2 replicas
      And each API server admits a Deployment with 1 replica

    Scenario: A binding without parameters is refused under Fail
      Given the parameter object limits allows 3 replicas
      And a policy that limits replicas is in force
      When the binding's paramRef is removed
      Then within 10 s each API server refuses a Deployment with 2 replicas

  @claim_69_14
  Rule: Evaluation errors follow the failure policy, a false rule does not

    Scenario: A missing field is an error and a wrong value is not
      Given a policy that requires team blue is in force
      When a Deployment is sent to each API server as a dry run
      Then each API server refuses the request with 422, naming "no such key"
      When the failure policy of the policy becomes Ignore
      Then within 10 s each API server admits a Deployment
      And each API server refuses a Deployment with the label team=red
      And each API server admits a Deployment with the label team=blue

  @claim_69_15
  Rule: Match conditions exempt requests before any rule runs, and rules share variables

    Scenario: One ServiceAccount is exempted
      Given a policy that exempts one ServiceAccount is in force
      When a Deployment with image busybox:latest is sent by the exempt ServiceAccount to each API server as a dry run
      Then each API server admits the request
      When a Deployment with image busybox:latest is sent by another ServiceAccount to each API server as a dry run
      Then each API server refuses the request with 422, naming "an image is tagged latest"

    Scenario: Two rules use one variable
      Given a policy that exempts one ServiceAccount is in force
      When a Deployment with image busybox:latest is sent by another ServiceAccount to each API server as a dry run
      Then each API server refuses the request with 422, naming "an image is tagged latest"
      When a Deployment with image alpine:3.22 is sent by another ServiceAccount to each API server as a dry run
      Then each API server refuses the request with 422, naming "an image is not busybox"

  @claim_69_16
  Rule: A typo is detected early

    Scenario: An invalid CEL expression is refused
      Given an unbound policy that refuses latest tags
      When a policy that has an open bracket is created
      Then the API refuses the request with 422, naming "spec.validations[0].expression"

    Scenario: A wrong field name is stored and reported
      Given an unbound policy that misspells a field
      Then within 30 s the status of the policy reports the unknown field
      And the type check has not changed the policy

    Scenario: A valid policy is checked and no problem is reported
      Given an unbound policy that refuses latest tags
      Then within 30 s the status of the policy reports that it was type-checked
      And the status of the policy reports no problem

  @claim_69_21
  Rule: Policies cannot block their own removal

    Scenario: A policy that refuses everything can be changed and removed
      Given a policy that locks itself is in force
      When the failure policy of the policy becomes Ignore
      Then the API accepts the request
      And each API server refuses a Deployment
      When the binding is deleted
      Then the API accepts the request
      And within 10 s each API server admits a Deployment

  @claim_69_22
  Rule: A server-side dry run is admitted or refused too, and stores nothing

    Scenario: Dry runs of a refused and of an admitted Deployment
      Given a policy that refuses latest tags is in force
      When a Deployment with image busybox:latest is sent to each API server as a dry run
      Then each API server refuses the request with 422, naming the policy and its binding
      When a Deployment with image busybox:1.37 is sent to each API server as a dry run
      Then each API server admits the request
      And no API server has stored the object

  @claim_69_23
  Rule: The cost of an evaluation is limited at run time

    Scenario: A rule that costs too much follows the failure policy
      Given a policy that compares all values is in force
      When a Deployment with 20 variables is sent to each API server as a dry run
      Then each API server refuses the request with 422, naming "cost"
      And each API server admits a Deployment with 5 variables
      When the failure policy of the policy becomes Ignore
      Then within 10 s each API server admits a Deployment with 20 variables
