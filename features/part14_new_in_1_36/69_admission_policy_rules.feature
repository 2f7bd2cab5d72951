@article_69
Feature: How an admission policy decides
  What a failed rule does is the binding's to say: deny, warn or audit. The policy has its own messages,
  reasons, parameters and conditions, and says what happens when a rule cannot be evaluated.
  Each scenario starts from a policy that denies, so that "nothing happens" is never "not loaded yet".

  @claim_69_10
  Rule: Warn lets it through with a warning

    Scenario: A binding that warns
      Given a policy that refuses latest tags is in force
      When its binding comes to Warn
      Then within 10 s each API server warns of a Deployment of image busybox:latest
      When a Deployment of image busybox:latest is created through each API server
      Then each admits it and stores it

    Scenario: A binding cannot deny and warn
      Given a policy that refuses latest tags is in force
      When its binding comes to Deny and Warn
      Then the API refuses it with 422, naming "validationActions"
      And each API server refuses a Deployment of image busybox:latest

  @claim_69_11
  Rule: Audit lets it through silently and leaves an annotation in the audit log

    Scenario: A binding that audits
      Given a policy that refuses latest tags is in force
      When its binding comes to Audit
      Then within 10 s each API server admits a Deployment of image busybox:latest
      When a Deployment of image busybox:latest is tried on each API server
      Then each admits it without a warning
      And the audit log of each API server notes that it failed the policy
      When a Deployment of image busybox:1.37 is tried on each API server
      Then the audit log of each API server notes no failure of it

  @claim_69_12
  Rule: Message and reason come from the policy

    Scenario Outline: The reason <reason> is answered as <code>
      Given a policy that refuses latest tags is in force
      When its reason becomes <reason>
      Then within 10 s each API server refuses a Deployment of image busybox:latest with <code>

      Examples:
        | reason                | code |
        | Forbidden             | 403  |
        | RequestEntityTooLarge | 413  |

    Scenario: Unauthorized is not among the reasons a policy may give
      Given a policy that refuses latest tags is in force
      When its reason becomes Unauthorized
      Then the API refuses it with 422, naming "spec.validations[0].reason"
      And each API server refuses a Deployment of image busybox:latest

    Scenario Outline: A message that <manner>
      Given a policy that refuses latest tags is in force
      When its message comes from an expression that <manner>
      Then within 10 s each API server says "<message>" of a Deployment of image busybox:latest

      Examples:
        | manner            | message                           |
        | quotes the object | no 0 replicas of busybox:latest   |
        | gives two lines   | no container may be tagged latest |
        | gives blanks      | no container may be tagged latest |

  @claim_69_13
  Rule: Parameters are data in another object

    Of a kind of our own: API servers of 1.36 stop watching a built-in kind, like ConfigMap, for good once
    no binding uses it (kubernetes#130887), and later judge by what they saw last.

    Scenario: Another object, another verdict, the same policy
      Given an object limits that allows 3 replicas
      And a policy that limits replicas is in force
      Then each API server refuses a Deployment of 4 replicas
      When the object limits comes to allow 5 replicas
      Then within 10 s each API server admits a Deployment of 4 replicas
      And each API server refuses a Deployment of 6 replicas
      And each API server gives back the policies and bindings as written

    Scenario: Without its object a policy denies or admits as the binding says
      Given an object limits that allows 3 replicas
      And a policy that limits replicas is in force
      When the object limits is deleted
      Then within 10 s each API server refuses a Deployment of 2 replicas
      When its binding comes to admit without parameters
      Then within 10 s each API server admits a Deployment of 4 replicas

    Scenario: Of several objects each has to be satisfied
      Given an object limits that allows 3 replicas
      And an object tighter that allows 1 replicas
      And a policy that limits replicas is in force
      Then each API server admits a Deployment of 2 replicas
      When its binding comes to take every object of ours
      Then within 10 s each API server refuses a Deployment of 2 replicas
      And each API server admits a Deployment of 1 replicas

    Scenario: A binding that names no parameters is refused under Fail
      Given an object limits that allows 3 replicas
      And a policy that limits replicas is in force
      When its binding comes to name no parameters
      Then within 10 s each API server refuses a Deployment of 2 replicas

  @claim_69_14
  Rule: Errors while evaluating follow the failure policy, a false rule does not

    Scenario: An absent field is an error and a wrong value is not
      Given a policy that wants team blue is in force
      When a Deployment is tried on each API server
      Then each refuses it with 422, saying "no such key"
      When its failure policy becomes Ignore
      Then within 10 s each API server admits a Deployment
      And each API server refuses a Deployment of team red
      And each API server admits a Deployment of team blue

  @claim_69_15
  Rule: Match conditions spare requests before any rule runs, and rules share variables

    Scenario: One account is spared, and two rules use one variable
      Given a policy that spares the robot is in force
      When a Deployment of image busybox:latest is tried by the robot on each API server
      Then each admits it
      When a Deployment of image busybox:latest is tried by the clerk on each API server
      Then each refuses it with 422, saying "an image is tagged latest"
      When a Deployment of image alpine:3.22 is tried by the clerk on each API server
      Then each refuses it with 422, saying "an image is not busybox"

  @claim_69_16
  Rule: A typo is caught early

    Scenario: An expression that is not CEL is refused
      Given an unbound policy that refuses latest tags
      When a policy that leaves a bracket open is asked for
      Then the API refuses it with 422, naming "spec.validations[0].expression"

    Scenario: A wrong field name is stored and reported
      Given an unbound policy that misspells a field
      Then within 30 s its status reports the unknown field
      And the policy was not changed by that

    Scenario: A sound policy is looked at and nothing is reported
      Given an unbound policy that refuses latest tags
      Then within 30 s its status says that the type check has seen it
      And its status reports no problem

  @claim_69_21
  Rule: Policies cannot lock out their own removal

    Scenario: A policy that refuses everything can be changed and removed
      Given a policy that locks itself is in force
      When its failure policy becomes Ignore
      Then the API accepts it
      And each API server refuses a Deployment
      When its binding is deleted
      Then the API accepts it
      And within 10 s each API server admits a Deployment

  @claim_69_22
  Rule: A server-side dry run is judged too, and nothing is stored

    Scenario: Dry runs of a bad and of a good Deployment
      Given a policy that refuses latest tags is in force
      When a Deployment of image busybox:latest is tried on each API server
      Then each refuses it with 422, naming the policy and its binding
      When a Deployment of image busybox:1.37 is tried on each API server
      Then each admits it
      And none of it is stored

  @claim_69_23
  Rule: The cost of an evaluation is bounded at run time

    Scenario: A rule that costs too much follows the failure policy
      Given a policy that compares all values is in force
      When a Deployment with 20 variables is tried on each API server
      Then each refuses it with 422, saying "cost"
      And each API server admits a Deployment with 5 variables
      When its failure policy becomes Ignore
      Then within 10 s each API server admits a Deployment with 20 variables
