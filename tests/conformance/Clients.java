import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.HttpRetryException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sends the requests of a file, and prints what came of each; see clients.py. The first argument is http1, http2 or url. With a third argument
 * `close` each request has a connection of its own.
 */
public class Clients {
    static final Pattern TYPE = Pattern.compile("\"type\":\"([^\"]+)\"");

    static byte[] body(int size) {
        byte[] body = new byte[size];
        Arrays.fill(body, (byte) ' ');
        return body;
    }

    static String type(String text) {
        Matcher matcher = TYPE.matcher(text);
        return matcher.find() ? matcher.group(1) : text;
    }

    static String byClient(HttpClient client, String url, boolean chunked, int size, boolean close) throws Exception {
        HttpRequest.BodyPublisher publisher = chunked
            ? HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body(size)))
            : HttpRequest.BodyPublishers.ofByteArray(body(size));
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(url))
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/cloudevents+json")
            .POST(publisher);
        if (close) {
            builder.header("Connection", "close");
        }
        HttpResponse<String> response = client.send(builder.build(), HttpResponse.BodyHandlers.ofString());
        return response.statusCode() + " " + type(response.body());
    }

    static String byUrl(String url, boolean chunked, int size, boolean close) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setReadTimeout(30_000);
        connection.setInstanceFollowRedirects(false);
        connection.setRequestProperty("Content-Type", "application/cloudevents+json");
        if (close) {
            connection.setRequestProperty("Connection", "close");
        }
        if (chunked) {
            connection.setChunkedStreamingMode(65536);
        }
        connection.getOutputStream().write(body(size));
        connection.getOutputStream().close();
        try {
            int status = connection.getResponseCode();
            InputStream stream = status < 400 ? connection.getInputStream() : connection.getErrorStream();
            // This client keeps the body of a 401 to itself when the request cannot be sent again.
            return status + " " + (stream == null ? "not-shown" : type(new String(stream.readAllBytes())));
        } catch (HttpRetryException error) {
            return error.responseCode() + " not-shown";
        }
    }

    public static void main(String[] arguments) throws Exception {
        boolean close = arguments.length > 2 && arguments[2].equals("close");
        // The client does not permit this header otherwise.
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "connection");
        HttpClient.Version version = arguments[0].equals("http2") ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1;
        HttpClient client = HttpClient.newBuilder().version(version).build();
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            String[] part = line.split("\t");
            boolean chunked = part[1].equals("chunked");
            int size = Integer.parseInt(part[2]);
            try {
                System.out.println(
                    arguments[0].equals("url")
                        ? byUrl(part[0], chunked, size, close)
                        : byClient(client, part[0], chunked, size, close));
            } catch (Exception error) {
                System.out.println("0 " + error.toString().replace('\n', ' '));
            }
        }
    }
}
