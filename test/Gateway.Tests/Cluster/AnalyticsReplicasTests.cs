using Commerce.Gateway.Cluster;

namespace Commerce.Gateway.Tests.Cluster;

public sealed class AnalyticsReplicasTests
{
    [Fact]
    public void A_rebuild_may_take_hours_and_a_question_may_not()
    {
        var clusters = AnalyticsReplicas.ClustersOf(["http://127.0.0.1:1/"]).ToDictionary(cluster => cluster.ClusterId);
        TimeSpan? Patience(string path) => clusters[AnalyticsReplicas.Routes.Single(route => route.Match.Path == path).ClusterId!].HttpRequest?.ActivityTimeout;

        Patience("/v1/analytics/rebuilds").ShouldBe(TimeSpan.FromDays(1));
        Patience("/v1/analytics/{**rest}").ShouldBeNull("what the proxy does by itself, 100 s, is enough");
    }
}
