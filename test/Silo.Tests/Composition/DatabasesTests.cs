using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Commerce.Kit.Servers;
using Commerce.Servers;
using Commerce.ServiceDefaults;
using Commerce.Silo.Tests.Journal;
using Microsoft.Extensions.Configuration;

namespace Commerce.Silo.Tests.Composition;

/// <summary>What a process waits for before it starts, and what it refuses to start with.</summary>
public sealed class DatabasesTests(GuardedServer guarded) : IClassFixture<GuardedServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("Password=", "No password has been provided")]
    [InlineData("Password=wrong", "password authentication failed")]
    [InlineData("Password=right;Database=nowhere", "\"nowhere\" does not exist")]
    [InlineData("Password=right;SSL Mode=Require", "SSL")]
    [InlineData("Password=right;Host=", "Host")]
    public async Task A_connection_that_will_never_be_let_in_is_named_and_not_waited_for(string wrong, string sentence)
    {
        var refusal = await Refusal(("cart", guarded.Trusted), ("order", $"{guarded.Trusted};Username={GuardedServer.Login};{wrong}"));

        refusal.ShouldSatisfyAllConditions(x => x.ShouldContain("ConnectionStrings__order"), x => x.ShouldContain(sentence), x => x.ShouldNotContain("right"));
    }

    [Fact]
    public async Task A_root_certificate_that_is_not_there_is_named_and_not_waited_for()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Encrypting(listener);

        (await Refusal(("order", $"Host=127.0.0.1;Port={((IPEndPoint)listener.LocalEndpoint).Port};Username=order;Password=secret;SSL Mode=VerifyFull;Root Certificate=/nowhere/root.crt")))
            .ShouldSatisfyAllConditions(x => x.ShouldContain("ConnectionStrings__order"), x => x.ShouldContain("/nowhere/root.crt"), x => x.ShouldNotContain("secret"));

        listener.Stop();
        await serving;
    }

    [Fact]
    public async Task A_server_that_is_away_is_told_of_once_whoever_waits_for_it()
    {
        await using var proxy = new TcpProxy(guarded.Server.Port) { Refuse = true };
        var behind = PostgresFixture.Through(guarded.Trusted, proxy.Port);
        var said = new StringWriter();

        var answer = Databases.Answer(Told(("cart", behind), ("order", behind)), TextWriter.Synchronized(said));
        while (proxy.Accepted < 2) await Task.Delay(20, TestContext.Current.CancellationToken);
        proxy.Refuse = false;
        await answer.WaitAsync(Patience, TestContext.Current.CancellationToken);

        said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(" (")[0])
            .ShouldBe([$"PostgreSQL at 127.0.0.1:{proxy.Port} is away", $"PostgreSQL at 127.0.0.1:{proxy.Port} answers; starting."]);
    }

    [Fact]
    public Task A_login_that_is_cut_at_whatever_byte_is_asked_for_again() => Task.WhenAll(Enumerable.Range(0, 40).Select(async step =>
    {
        await using var proxy = new TcpProxy(guarded.Server.Port);
        proxy.CutAfter(step * 20);

        await Databases.Answer(Told(("order", PostgresFixture.Through($"{guarded.Trusted};Username={GuardedServer.Login};Password=right", proxy.Port))), TextWriter.Null)
            .WaitAsync(Patience, TestContext.Current.CancellationToken);
    }));

    [Fact]
    public async Task A_server_that_is_killed_and_started_again_is_waited_for()
    {
        var (told, over) = (Told(("cart", guarded.Trusted), ("order", $"{guarded.Trusted};Username={GuardedServer.Login};Password=right")), false);
        var asking = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!Volatile.Read(ref over)) await Databases.Answer(told, TextWriter.Null);
        }));

        for (var times = 0; times < 3; times++)
        {
            await guarded.Server.Kill();
            await guarded.Server.Restart();
        }

        Volatile.Write(ref over, true);
        await asking.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private static async Task<string> Refusal(params (string Name, string Connection)[] connections) => (await Should.ThrowAsync<SettingsException>(
        () => Databases.Answer(Told(connections), TextWriter.Null).WaitAsync(Patience, TestContext.Current.CancellationToken))).Message;

    private static IConfiguration Told(params (string Name, string Connection)[] connections) => new ConfigurationBuilder()
        .AddInMemoryCollection(connections.Select(one => KeyValuePair.Create($"ConnectionStrings:{one.Name}", (string?)one.Connection))).Build();

    // Speaks TLS with whoever asks for it, and nothing more.
    private static async Task Encrypting(TcpListener listener)
    {
        using var certificates = new TestCertificates(TimeProvider.System.GetUtcNow());
        using var certificate = X509Certificate2.CreateFromPemFile(certificates.ServerCertificateFile, certificates.ServerKeyFile);
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                var (stream, asked) = (client.GetStream(), new byte[8]);
                for (var answered = 'N'; answered == 'N';)
                {
                    await stream.ReadExactlyAsync(asked, TestContext.Current.CancellationToken);
                    answered = asked[^1] == 0x2F ? 'S' : 'N';
                    await stream.WriteAsync(new[] { (byte)answered }, TestContext.Current.CancellationToken);
                }

                await using var encrypted = new SslStream(stream);
                await encrypted.AuthenticateAsServerAsync(certificate);
                await encrypted.ReadExactlyAsync(asked, TestContext.Current.CancellationToken);
            }
            catch (Exception gone) when (gone is IOException or AuthenticationException)
            {
                // The client would not have it.
            }
            catch (Exception over) when (over is SocketException or InvalidOperationException)
            {
                // Stopped while it waited for the next one, or before it asked for it.
                return;
            }
        }
    }
}

/// <summary>A server of its own that asks one login for its password, and trusts all others.</summary>
public sealed class GuardedServer : IAsyncLifetime
{
    /// <summary>The login; its password is <c>right</c>.</summary>
    public const string Login = "guarded";

    public PostgresServer Server { get; private set; } = null!;

    public string Trusted => Server.ConnectionString();

    public async ValueTask InitializeAsync()
    {
        Server = await PostgresServer.Start();
        await PostgresFixture.Run(Trusted, $$"""
            create role {{Login}} login password 'right';
            do $do$ declare file text := current_setting('hba_file'); rules text := pg_read_file(file); begin
                execute format($copy$ copy (select regexp_split_to_table(%L, E'\n')) to %L $copy$, E'host all {{Login}} 127.0.0.1/32 scram-sha-256\n' || rules, file);
            end $do$
            """);
        // What is read at a start is there for sure, unlike what is read again on a signal.
        await Server.Kill();
        await Server.Restart();
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
