// Analytics as a process of its own. It needs a cluster to join: a membership table, and the stream provider that carries the feeds between
// processes. Both come with the cluster; until then `commerce up` composes analytics into the shop's only process, with the same two calls:
//
//     silo.AddCommerceAnalytics(dataDir);            store, consumers, queries   Composition/
//     app.MapAnalytics().AddEndpointFilter(…);       /v1/analytics               Queries/     — who may ask is the host's business
Console.Error.WriteLine("Analytics runs inside `./commerce up`; as a process of its own it needs a cluster, which this version cannot join yet.");
return 3;
