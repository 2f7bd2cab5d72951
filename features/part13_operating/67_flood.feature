@article_67
Feature: One ServiceAccount sends too many requests
  API Priority and Fairness assigns each priority level its own seats. A ServiceAccount with a priority level of
  one share floods one API server with requests that a webhook delays; requests without a seat are refused
  immediately, and no other client notices. No request is retried: libraries retry a 429 and hide it.

  Background:
    Given a webhook that delays each new ConfigMap of the namespace by 5 s

  @claim_67_14 @claim_67_15 @changes_api_load
  Rule: A flood at a low priority level is refused and does not slow down other clients, exempt ones least

    Scenario: Fifty concurrent requests, three times, with other clients that keep sending requests
      Given a ServiceAccount with its own priority level that rejects
      And other clients (a ServiceAccount, admin, a node and the scheduler) that send 4 requests a second
      When the ServiceAccount sends 50 concurrent requests to one API server, 3 times
      Then some requests are answered, and most are refused with 429 and a Retry-After header
      And the API server counts the refused requests at that priority level with reason "concurrency-limit", and none at other levels
      And every request of the other clients was answered, hardly slower than without the flood
      And every node and leader has renewed its Lease during the flood

  @claim_67_11 @claim_67_16 @slow @changes_api_load
  Rule: A priority level with a queue makes requests wait, and executes them or times them out

    Scenario: Twenty concurrent requests, twelve places in the queue
      Given a ServiceAccount with its own priority level that queues 12 requests
      When the ServiceAccount sends 20 concurrent requests to one API server
      Then requests with a seat, or queued for less than 15 s, are answered
      And requests without a place in the queue are refused immediately, counted with reason "queue-full"
      And requests that got no seat in time are refused, counted with reason "time-out"
      And every response carries the priority level of the ServiceAccount
