using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Commerce.Kernel;

namespace Commerce.Silo.Payments;

/// <summary>What keeps the payment provider from answering. To the shop it is one thing, under a name of ours: nobody knows. The log says which, once for each reason until it answers again.</summary>
internal sealed partial class ProviderAway(ILogger log)
{
    private readonly ConcurrentDictionary<string, bool> _said = new(StringComparer.Ordinal);

    /// <summary>It answered, but not to this.</summary>
    public DependencyUnavailableException Because(HttpStatusCode status)
    {
        if (!_said.TryAdd($"{(int)status}", true)) return Unavailable;
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) LogRefused((int)status);
        else LogAway($"it answers {(int)status}");
        return Unavailable;
    }

    /// <summary>It was not reached. Its address stays out of the log.</summary>
    public DependencyUnavailableException Because(HttpRequestException failure)
    {
        var reason = failure.InnerException switch
        {
            SocketException socket => $"{socket.SocketErrorCode}",
            AuthenticationException untrusted => untrusted.Message.TrimEnd('.'),
            _ => $"{failure.HttpRequestError}",
        };
        if (_said.TryAdd(reason, true)) LogAway(reason);
        return Unavailable;
    }

    public void Answers()
    {
        if (!_said.IsEmpty) _said.Clear();
    }

    private static DependencyUnavailableException Unavailable => new("payment-provider");

    [LoggerMessage(LogLevel.Error, "The payment provider refuses our key ({Status}): put the right one into the file of Payments__SecretFile, and start this process again. Until then nobody can pay.")]
    private partial void LogRefused(int status);

    [LoggerMessage(LogLevel.Warning, "The payment provider is away ({Reason}); what it did not answer is asked again.")]
    private partial void LogAway(string reason);
}
