@article_67
Feature: One account asks for too much
  Priority and fairness gives each level of requests its own seats. An account with a level of its own,
  of one share, floods one API server with requests that a webhook holds; what is refused is refused at
  once, and nobody else notices. No request is repeated: libraries repeat a 429 and hide it.

  @claim_67_14 @claim_67_15 @disruptive
  Rule: A flood in a low level is refused and starves nobody, least of all the exempt

    Scenario: Fifty requests at once, thrice, beside others that go on
      Given a webhook that holds each new ConfigMap of the namespace for 5 s
      And an account with a level of its own that rejects
      And another account, admin, a node and the scheduler that ask 4 times a second
      When the account sends 50 requests at once to one API server, 3 times
      Then some are answered, and most refused with 429 to be repeated later
      And the API server counts those at that level by "concurrency-limit", and none at others
      And the others were always answered, hardly slower than before
      And nodes and leaders have renewed their Leases meanwhile

  @claim_67_11 @claim_67_16 @disruptive @slow
  Rule: A level with a queue makes requests wait, then serves them or gives up

    Scenario: Twenty requests at once, twelve places to wait
      Given a webhook that holds each new ConfigMap of the namespace for 5 s
      And an account with a level of its own that queues 12 requests
      When the account sends 20 requests at once to one API server
      Then those that had a seat, or queued for less than 15 s, are answered
      And those without a place are refused at once, counted by "queue-full"
      And those that queued longer are refused, counted by "time-out"
      And every answer tells of the account's level
