@article_67
Feature: An API server sends traces
  One API server is given a collector and no rate of its own: then it traces the requests that ask for
  it, and only privileged callers may. The others reach the same collector, but are not told of it.

  @claim_67_17 @claim_67_18 @disruptive @slow
  Rule: A privileged caller's request is found as a span by its audit ID, and nobody else's

    Scenario: Four requests ask for their traces
      Given the processes of every API server
      And a collector of traces on a controller, whose API server is told to use it
      When an account there, admin there and admin everywhere else ask for traces of what they make
      Then within 15 s the collector has "POST /api/v1/namespaces/{:namespace}/configmaps" of admin's request there
      And a part of it is "etcdserverpb.KV/Txn"
      And it has no span of the other requests
      And no other API server was started to send traces anywhere
      And the processes of the other API servers are the same
