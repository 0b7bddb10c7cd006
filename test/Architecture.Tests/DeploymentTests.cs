using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Commerce.Architecture.Tests;

/// <summary>orleans-cluster.yml as a document: what it says must fit together, and each process gets what it needs and no more.</summary>
public sealed class DeploymentTests
{
    private static readonly string[] Roles = ["catalog", "cart", "inventory", "order", "payment", "customer"];

    private static readonly Dictionary<object, object> File = Read();

    [Fact]
    public void There_are_servers_silos_gateways_and_analytics() => Names(Map(File, "services")).ShouldBe(["analytics", "gateway", "postgres", "rabbitmq", "silo"]);

    [Fact]
    public void Every_service_has_an_image_a_health_check_and_time_to_end()
    {
        foreach (var service in Services())
        {
            service.Value.ShouldContainKey("image", service.Key);
            Map(service.Value, "healthcheck").ShouldContainKey("test", service.Key);
            service.Value["stop_grace_period"].ShouldBe("30s", service.Key);
        }
    }

    [Fact]
    public void Every_secret_comes_from_a_file_outside_the_repository()
    {
        foreach (var (name, secret) in Map(File, "secrets")) ((Dictionary<object, object>)secret)["file"].ShouldBe($"./deploy/secrets/{name}");
        System.IO.File.ReadLines(Path.Combine(Tree.Root, ".gitignore")).ShouldContain("deploy/secrets/");
    }

    [Fact]
    public void Every_secret_is_declared_and_used() =>
        Services().SelectMany(service => Secrets(service.Value)).Select(secret => secret.Source).Distinct().Order(StringComparer.Ordinal).ShouldBe(Names(Map(File, "secrets")));

    [Fact]
    public void A_silo_of_all_roles_knows_the_databases_and_brokers_of_all_roles_and_no_others() => Targets("silo").ShouldBe(
        ["ConnectionStrings__cluster", "master.key", "operator-token", .. Roles.Select(role => $"ConnectionStrings__{role}"), .. Roles.Select(role => $"ConnectionStrings__broker_{role}")], ignoreOrder: true);

    [Fact]
    public void A_gateway_knows_no_business_database() => Targets("gateway").ShouldBe(["gateway.key", "operator-token", "ConnectionStrings__cluster"], ignoreOrder: true);

    [Fact]
    public void Analytics_knows_its_own_database_and_the_feeds_it_follows() => Targets("analytics").ShouldBe(
        ["operator-token", "ConnectionStrings__cluster", "ConnectionStrings__analytics", "ConnectionStrings__broker_order", "ConnectionStrings__broker_inventory"], ignoreOrder: true);

    [Fact]
    public void Who_speaks_to_the_broker_without_tls_says_that_it_may()
    {
        var plain = System.IO.File.ReadAllText(Path.Combine(Tree.Root, "deploy", "make-secrets.sh")).Contains("amqp://", StringComparison.Ordinal);
        foreach (var name in Services().Keys.Where(name => name is "silo" or "analytics")) Map(Services()[name], "environment").ContainsKey("BrokerPlainText").ShouldBe(plain, name);
    }

    [Fact]
    public void No_password_stands_in_the_file()
    {
        foreach (var (name, value) in Services().Where(service => service.Value.ContainsKey("environment")).SelectMany(service => Map(service.Value, "environment")))
        {
            name.ToString()!.ShouldNotStartWith("ConnectionStrings");
            if (name.ToString()!.Contains("PASSWORD", StringComparison.OrdinalIgnoreCase)) value.ToString()!.ShouldStartWith("/run/secrets/");
        }
    }

    [Fact]
    public void What_is_built_and_mounted_is_there()
    {
        foreach (var service in Services().Values.Where(service => service.ContainsKey("build"))) Exists((string)Map(service, "build")["dockerfile"]);
        foreach (var volume in Services().Values.Where(service => service.ContainsKey("volumes")).SelectMany(service => (List<object>)service["volumes"]).Select(volume => (string)volume))
            if (volume.StartsWith("./", StringComparison.Ordinal)) Exists(volume[2..volume.IndexOf(':', StringComparison.Ordinal)]);
    }

    [Fact]
    public void The_programs_do_not_run_as_root()
    {
        var last = System.IO.File.ReadAllText(Path.Combine(Tree.Root, "deploy", "Dockerfile")).Split("\nFROM ")[^1];
        last.ShouldContain("\nUSER $APP_UID\n");
        last.ShouldContain("\nHEALTHCHECK ");
    }

    private static Dictionary<object, object> Read()
    {
        using var text = System.IO.File.OpenText(Path.Combine(Tree.Root, "orleans-cluster.yml"));
        return new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(text)));
    }

    private static Dictionary<string, Dictionary<object, object>> Services() => Map(File, "services").ToDictionary(pair => (string)pair.Key, pair => (Dictionary<object, object>)pair.Value);

    private static Dictionary<object, object> Map(Dictionary<object, object> of, string name) => (Dictionary<object, object>)of[name];

    private static IEnumerable<string> Names(Dictionary<object, object> map) => map.Keys.Select(key => (string)key).Order(StringComparer.Ordinal);

    private static IEnumerable<(string Source, string Target)> Secrets(Dictionary<object, object> service) => ((List<object>)service["secrets"]).Select(secret => secret is string name
        ? (name, name)
        : ((string)((Dictionary<object, object>)secret)["source"], (string)((Dictionary<object, object>)secret)["target"]));

    private static IEnumerable<string> Targets(string service) => Secrets(Services()[service]).Select(secret => secret.Target);

    private static void Exists(string path) => System.IO.File.Exists(Path.Combine(Tree.Root, path)).ShouldBeTrue(path);
}
