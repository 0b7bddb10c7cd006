using Commerce.Gateway.Composition;
using Commerce.Kernel;

namespace Commerce.Gateway.Tests.Composition;

public sealed class SecretsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-secrets-").FullName;

    [Fact]
    public void What_was_given_out_before_a_restart_is_valid_after_it()
    {
        var (before, after) = (Load(), Load());
        after.OrderToken(Order(1)).ShouldBe(before.OrderToken(Order(1)));
        after.CartOf("guest", "key").ShouldBe(before.CartOf("guest", "key"));
        after.CartOf("operator", "key").ShouldNotBe(before.CartOf("guest", "key"));
        after.OldCartOf("guest", "key").ShouldBe(before.OldCartOf("guest", "key"));
    }

    [Fact]
    public void A_cart_that_a_key_stood_for_gives_away_nothing_of_the_one_it_stands_for_now() =>
        Load().CartOf("guest", "key").Text.ShouldNotContain(Load().OldCartOf("guest", "key")[..8]);

    [Fact]
    public void The_key_is_readable_by_its_owner_only()
    {
        Load();
        if (OperatingSystem.IsWindows()) return;
        File.GetUnixFileMode(Path.Combine(_folder, "secrets", "gateway.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_token_opens_its_own_order_only()
    {
        var secrets = Load();
        var token = secrets.OrderToken(Order(1));
        secrets.OrderOf(token).ShouldBe(Order(1));
        secrets.OrderOf(token.Replace("-1.", "-2.")).ShouldBeNull();
        secrets.OrderOf(token + "x").ShouldBeNull();
        secrets.OrderOf("").ShouldBeNull();
        secrets.OrderOf(".").ShouldBeNull();
    }

    [Fact]
    public void Another_shop_gives_out_other_tokens()
    {
        var mine = Load().OrderToken(Order(1));
        File.Delete(Path.Combine(_folder, "secrets", "gateway.key"));
        Load().OrderOf(mine).ShouldBeNull();
    }

    [Fact]
    public void Only_the_operators_own_token_is_the_operators() =>
        (Load().IsOperator("token"), Load().IsOperator("tokem"), Load().IsOperator("")).ShouldBe((true, false, false));

    [Fact]
    public void Options_do_not_show_the_token() => new GatewayOptions(_folder, "hush").ToString().ShouldNotContain("hush");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static OrderId Order(int attempt) => OrderId.Derive(new CartId("cart"), attempt);

    private Secrets Load() => Secrets.Load(new GatewayOptions(_folder, "token"));
}
