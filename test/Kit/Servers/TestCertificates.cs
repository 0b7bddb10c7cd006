using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Commerce.Kit.Servers;

/// <summary>A certificate authority of the tests and what it signed, as PEM files in a folder of its own.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly X509Certificate2 _authority;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("certificates-");
    private readonly DateTimeOffset _now;

    /// <param name="now">The time around which everything is valid.</param>
    /// <param name="name">The authority's.</param>
    /// <param name="root">Who signs the authority; null: itself.</param>
    public TestCertificates(DateTimeOffset now, string name = "Kit authority", TestCertificates? root = null)
    {
        _now = now;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (root is null)
        {
            _authority = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(30));
        }
        else
        {
            using var signed = request.Create(root._authority, now.AddDays(-1), now.AddDays(7), RandomNumberGenerator.GetBytes(8));
            _authority = signed.CopyWithPrivateKey(key);
        }

        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
        Issue("server", "localhost", server: true);
        Issue("client", "client", server: false);
    }

    public string AuthorityFile => Sub("authority.pem");

    public string ServerCertificateFile => Sub("server.pem");

    public string ServerKeyFile => Sub("server.key");

    public string ClientCertificateFile => Sub("client.pem");

    public string ClientKeyFile => Sub("client.key");

    public string Sub(string file) => Path.Combine(_folder.FullName, file);

    /// <summary>Signs a certificate and writes <c>name.pem</c> and <c>name.key</c>; issuing under a used name is a rotation.</summary>
    /// <returns>The thumbprint.</returns>
    public string Issue(string name, string subject, bool server, bool expired = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        if (server)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(subject);
            if (subject == "localhost")
                names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        using var signed = request.Create(_authority, _now.AddDays(-1), expired ? _now.AddHours(-1) : _now.AddDays(7), RandomNumberGenerator.GetBytes(8));
        // The key first and each by a rename: a reader never sees half a file, and a pair that does not match is read again.
        Replace($"{name}.key", key.ExportPkcs8PrivateKeyPem());
        Replace($"{name}.pem", signed.ExportCertificatePem());
        return signed.Thumbprint;
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Replace(string file, string text)
    {
        File.WriteAllText(Sub($"{file}.new"), text);
        File.Move(Sub($"{file}.new"), Sub(file), overwrite: true);
    }
}
