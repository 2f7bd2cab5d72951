@article_69
Feature: Admission policy with CEL
  A validating policy is a CEL expression that each API server evaluates by itself; a binding says where
  it holds. The article's refuses Deployments with a container tagged latest. This kind is v1 since
  Kubernetes 1.30; what 1.36 adds is the mutating kind. Each API server reloads policies once a second.

  @claim_69_1
  Rule: Both kinds of policy and both kinds of binding are served at v1

    Scenario: Every API server serves policies and gives back what was written
      Given a policy that refuses latest tags is in force
      And a policy that labels Pods is in force
      Then each API server serves both kinds of policy and of binding at v1
      And only validating policies have a status
      And each API server gives back the policies and bindings as written

  @claim_69_2
  Rule: A Deployment with a container tagged latest is refused

    Scenario: No API server takes a Deployment tagged latest
      Given a policy that refuses latest tags is in force
      When a Deployment of image busybox:latest is created through each API server
      Then each refuses it with 422, naming the policy and its binding
      And none of it is stored
      And in another namespace each API server admits a Deployment of image busybox:latest

  @claim_69_9
  Rule: No webhook, Service or certificate is involved: the API server itself refuses

    Scenario: Every API server counts a refusal of its own and calls nobody
      Given a policy that refuses latest tags is in force
      And the API servers with their counts of refusals by the policy
      When a Deployment of image busybox:latest is tried on each API server
      Then each refuses it with 422, naming the policy and its binding
      And each has counted one more refusal by the policy
      And no webhook is configured for Deployments or Pods
      And the API servers are the same processes, started without an admission configuration

  @claim_69_3
  Rule: A pinned tag or a digest is admitted

    Scenario Outline: A Deployment of the pinned image <image> is admitted
      Given a policy that <rule> is in force
      When a Deployment of image <image> is created through each API server
      Then each admits it and stores it
      And each API server refuses a Deployment of image busybox:latest

      Examples:
        | rule                | image                                       |
        | refuses latest tags | busybox:1.37                                |
        | wants pinned images | busybox:1.37                                |
        | wants pinned images | registry.example:5000/library/busybox:1.37  |
        | wants pinned images | busybox@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 |

  @claim_69_4
  Rule: No tag means latest: the article's rule has that gap, a stricter one closes it

    Scenario: The article's rule admits an image without a tag
      Given a policy that refuses latest tags is in force
      When a Deployment of image busybox is tried on each API server
      Then each admits it

    Scenario Outline: A stricter rule refuses <draft>
      Given a policy that wants pinned images is in force
      When <draft> is tried on each API server
      Then each refuses it with 422, naming the policy and its binding

      Examples:
        | draft                                                         |
        | a Deployment of image busybox                                 |
        | a Deployment of image registry.example:5000/library/busybox   |
        | a Deployment of image busybox:1.37 with init image busybox    |

  @claim_69_5
  Rule: An update to latest is refused as well

    Scenario: A stored Deployment cannot change to latest and stays as it was
      Given a stored Deployment of image busybox:1.37
      And a policy that refuses latest tags is in force
      When its image becomes busybox:latest through each API server
      Then each refuses it with 422, naming the policy and its binding
      And the Deployment and its ReplicaSets are as before
      When its scale becomes 1 through each API server
      Then each admits it

  @claim_69_6
  Rule: Only what is matched is checked, and only when it is written

    Scenario: A bare Pod tagged latest is admitted
      Given a policy that refuses latest tags is in force
      When a Pod of image busybox:latest is tried on each API server
      Then each admits it

    Scenario: A Deployment from before the policy stays but cannot be written back
      Given a stored Deployment of image busybox:latest
      And a policy that refuses latest tags is in force
      Then the Deployment and its ReplicaSets are as before
      When it is written back unchanged through each API server
      Then each refuses it with 422, naming the policy and its binding

  @claim_69_7
  Rule: A policy without a binding does nothing, and deleting the binding ends it

    Scenario: The binding switches the policy on and off
      Given an unbound policy that refuses latest tags
      Then for 5 s each API server admits a Deployment of image busybox:latest
      When it is bound
      Then within 10 s each API server refuses a Deployment of image busybox:latest
      When its binding is deleted
      Then within 10 s each API server admits a Deployment of image busybox:latest

  @claim_69_8
  Rule: The binding scopes it by namespace label

    Scenario: The policy holds in the namespace while it has the label
      Given an unbound policy that refuses latest tags
      When it is bound where the namespace is labelled strict
      Then for 5 s each API server admits a Deployment of image busybox:latest
      When the namespace is labelled strict
      Then within 10 s each API server refuses a Deployment of image busybox:latest
      When the namespace loses that label
      Then within 10 s each API server admits a Deployment of image busybox:latest
