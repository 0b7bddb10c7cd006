using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.ServiceDefaults;

namespace Commerce.Cli.Tests.Shops;

public sealed class ShopProviderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_shop_pays_with_the_sandbox_unless_it_is_told_otherwise()
    {
        Choose(null).Settings.Provider.ShouldBe(PaymentSettings.Sandbox);
        Choose(null).Settings.Provider.ShouldBe(PaymentSettings.Sandbox);
        Should.Throw<UsageException>(() => Choose("simulator")).Message.ShouldContain("sandbox");
    }

    [Fact]
    public void A_cluster_that_has_lost_where_its_payments_are_is_told_and_does_not_guess()
    {
        Choose("simulator");
        File.Delete(Path.Combine(_folder, "payments.json"));
        File.WriteAllText(Path.Combine(_folder, "connections.json"), "{}");

        Should.Throw<MissingException>(() => Choose(null)).Message.ShouldContain("payments.json");
        Should.Throw<MissingException>(() => Choose(null, ("Payments__Provider", "stripe"), ("Payments__SecretFile", Key())));
        Choose("simulator").Provider.ShouldBe(PaymentSettings.Simulator);
        Choose(null).Provider.ShouldBe(PaymentSettings.Simulator);
    }

    [Fact]
    public void A_simulator_of_its_own_keeps_its_address_and_key()
    {
        var first = Choose("simulator");

        first.IsOwn.ShouldBeTrue();
        first.Settings.ShouldSatisfyAllConditions(x => x.Secret!.Length.ShouldBe(64), x => x.PageUrl.ShouldBe(x.Url), x => x.HasPage.ShouldBeTrue());
        Choose(null).Settings.ShouldBe(first.Settings);
        Choose("simulator").Settings.ShouldBe(first.Settings);
        ShopProvider.In(_folder).Settings.ShouldBe(first.Settings);
    }

    [Fact]
    public void A_shop_made_of_a_backup_has_a_simulator_of_its_own()
    {
        var first = Choose("simulator");

        ShopProvider.Restored(_folder);

        var restored = ShopProvider.In(_folder);
        (restored.IsOwn, restored.Url == first.Url, restored.Settings.Secret).ShouldBe((true, false, first.Settings.Secret));
    }

    [Fact]
    public void A_provider_of_somebody_elses_is_named_by_the_environment_and_kept()
    {
        var key = Key();
        var given = Choose(null, ("Payments__Provider", "simulator"), ("Payments__Url", "http://127.0.0.1:6599"), ("Payments__SecretFile", key));

        given.IsOwn.ShouldBeFalse();
        given.Variables.ShouldBe([("Payments__Provider", "simulator"), ("Payments__Url", "http://127.0.0.1:6599"), ("Payments__SecretFile", key)]);
        Choose(null).Settings.ShouldBe(given.Settings);
    }

    [Fact]
    public void A_shop_keeps_its_provider()
    {
        Choose("simulator");

        Should.Throw<UsageException>(() => Choose("sandbox")).Message.ShouldContain("simulator");
    }

    [Fact]
    public void A_shop_that_has_paid_with_the_sandbox_does_not_change()
    {
        File.WriteAllText(Path.Combine(_folder, "psp.db"), "");

        Should.Throw<UsageException>(() => Choose("simulator")).Message.ShouldContain("sandbox");
    }

    [Fact]
    public void A_provider_nobody_knows_and_settings_that_do_not_fit_are_told()
    {
        Should.Throw<UsageException>(() => Choose("paypal"));
        Should.Throw<UsageException>(() => Choose(null, ("Payments__Provider", "paypal"))).Message.ShouldContain("Payments__Provider");
        Should.Throw<UsageException>(() => Choose(null, ("Payments__Provider", "simulator"))).Message.ShouldContain("Payments__Url");
        Should.Throw<UsageException>(() => Choose(null, ("Payments__Provider", "stripe"))).Message.ShouldContain("Payments__SecretFile");
        Choose(null).Provider.ShouldBe(PaymentSettings.Sandbox);
    }

    [Fact]
    public void A_damaged_file_is_told() => Should.Throw<MissingException>(() =>
    {
        File.WriteAllText(Path.Combine(_folder, "payments.json"), "{");
        Choose(null);
    }).Message.ShouldContain("backup");

    private ShopProvider Choose(string? asked, params (string Name, string Value)[] environment) =>
        ShopProvider.Choose(_folder, asked, name => environment.FirstOrDefault(variable => variable.Name == name).Value);

    private string Key()
    {
        var file = Path.Combine(_folder, "a.key");
        File.WriteAllText(file, "a key of sixteen characters or more");
        return file;
    }
}
