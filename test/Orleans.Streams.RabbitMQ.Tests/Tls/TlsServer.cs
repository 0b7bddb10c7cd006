using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Streams.RabbitMQ.Tests.Tls;

/// <summary>Speaks TLS in front of the plain broker with a certificate of the test's choice, and remembers the clients' certificates.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _sent = [];
    private readonly int _target;
    private readonly Task _accepting;

    public TlsServer(int target, string certificateFile, string keyFile)
    {
        _target = target;
        _certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        _sent.ImportFromPemFile(certificateFile);
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Thumbprints of the certificates clients have shown, in order.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Clients { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _certificate.Dispose();
        _stop.Dispose();
    }

    private async Task Accept()
    {
        while (true)
            _ = Serve(await _listener.AcceptTcpClientAsync(_stop.Token));
    }

    private async Task Serve(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await using var tls = new SslStream(client.GetStream(), false, (_, certificate, _, _) =>
                {
                    Clients.Enqueue(certificate is X509Certificate2 c ? c.Thumbprint : "none");
                    return certificate is not null;
                });
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, _sent, offline: true), ClientCertificateRequired = true }, _stop.Token);
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                await Task.WhenAny(tls.CopyToAsync(server.GetStream(), _stop.Token), server.GetStream().CopyToAsync(tls, _stop.Token));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // A client that refuses us, which is what most of these tests want.
            }
        }
    }
}
