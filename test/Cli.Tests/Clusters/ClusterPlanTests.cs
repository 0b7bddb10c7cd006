using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using CsCheck;

namespace Commerce.Cli.Tests.Clusters;

public sealed class ClusterPlanTests
{
    [Fact]
    public void Without_a_word_there_are_three_silos_with_all_roles_and_one_gateway()
    {
        var plan = ClusterPlan.Of([], silos: null, gateways: null);
        (plan.Silos, plan.Gateways).ShouldBe((3, 1));
        plan.RolesOf(1).ShouldBe(ClusterPlan.Roles);
        plan.RolesOf(3).ShouldBe(ClusterPlan.Roles);
    }

    [Fact]
    public void Without_gateways_every_silo_is_one_and_gateways_cannot_be_scaled()
    {
        var plan = ClusterPlan.Of([], silos: 2, gateways: 0);
        plan.SilosAreGateways.ShouldBeTrue();
        plan.WithSilos(3).SilosAreGateways.ShouldBeTrue();
        Should.Throw<UsageException>(() => plan.WithGateways(1)).Message.ShouldContain("--gateways N");
    }

    [Fact]
    public void Each_gives_every_role_a_silo_of_its_own()
    {
        var plan = ClusterPlan.Of(["each"], silos: null, gateways: null);
        Enumerable.Range(1, plan.Silos).Select(silo => plan.RolesOf(silo).ShouldHaveSingleItem()).ShouldBe(ClusterPlan.Roles);
    }

    [Fact]
    public void With_roles_the_number_of_silos_is_of_every_kind()
    {
        var plan = ClusterPlan.Of(["each"], silos: 2, gateways: null);
        plan.Silos.ShouldBe(12);
        plan.RolesOf(7).ShouldBe(plan.RolesOf(1));
    }

    [Theory]
    [InlineData("cart,catalog;order, inventory ,payment,customer")]
    [InlineData("cart,catalog", "order,inventory,payment,customer")]
    public void Kinds_are_separated_by_semicolons_or_given_one_by_one(params string[] roles)
    {
        var plan = ClusterPlan.Of(roles, silos: null, gateways: null);
        plan.Kinds.Select(kind => string.Join(',', kind)).ShouldBe(["cart,catalog", "order,inventory,payment,customer"]);
    }

    [Fact]
    public void A_role_nobody_knows_is_refused_with_those_there_are() =>
        Should.Throw<UsageException>(() => ClusterPlan.Of(["carts"], null, null)).Message.ShouldContain("catalog, cart, inventory");

    [Fact]
    public void A_role_no_silo_has_is_refused_by_name() =>
        Should.Throw<UsageException>(() => ClusterPlan.Of(["cart,order"], null, null)).Message.ShouldContain("catalog, inventory, payment, customer");

    [Theory]
    [InlineData(0, 1)]
    [InlineData(65, 1)]
    [InlineData(1, -1)]
    public void Numbers_that_make_no_cluster_are_refused(int silos, int gateways) =>
        Should.Throw<UsageException>(() => ClusterPlan.Of([], silos, gateways));

    [Fact]
    public void A_cluster_of_roles_keeps_one_silo_of_each() =>
        Should.Throw<UsageException>(() => ClusterPlan.Of(["each"], null, null).WithSilos(5)).Message.ShouldStartWith("6 silos at least");

    [Fact]
    public void A_cluster_keeps_a_silo() =>
        Should.Throw<UsageException>(() => ClusterPlan.Of([], null, null).WithSilos(0)).Message.ShouldStartWith("A cluster has one silo at least");

    [Fact]
    public void However_many_silos_there_are_every_role_is_somewhere() =>
        Gen.Select(Gen.Int[0, 58], Gen.OneOf(Gen.Const("each"), Gen.Const("all"), Gen.Const("cart;catalog,inventory;order,payment,customer"))).Sample((more, roles) =>
        {
            var plan = ClusterPlan.Of([roles], null, null);
            var scaled = plan.WithSilos(plan.Kinds.Length + more);
            return Enumerable.Range(1, scaled.Silos).SelectMany(silo => scaled.RolesOf(silo)).ToHashSet().SetEquals(ClusterPlan.Roles);
        });
}
