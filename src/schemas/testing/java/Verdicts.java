import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/** Lines {"old": schema, "new": schema} in; what Java Avro finds in both directions out. */
public class Verdicts {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] arguments) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode pair = JSON.readTree(line);
      ObjectNode verdict = JSON.createObjectNode();
      Schema older = parse(pair.get("old"), verdict, "old");
      Schema newer = parse(pair.get("new"), verdict, "new");
      if (older != null && newer != null) {
        verdict.set("BACKWARD", check(newer, older));
        verdict.set("FORWARD", check(older, newer));
      }
      out.println(verdict);
    }
    out.flush();
  }

  private static Schema parse(JsonNode schema, ObjectNode verdict, String side) {
    try {
      // A registry validates the defaults of what is registered, not when it compares.
      return new Schema.Parser().setValidateDefaults(false).parse(schema.toString());
    } catch (RuntimeException invalid) {
      verdict.put(side, String.valueOf(invalid.getMessage()));
      return null;
    }
  }

  private static ArrayNode check(Schema reader, Schema writer) {
    ArrayNode found = JSON.createArrayNode();
    try {
      SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult().getIncompatibilities()
          .forEach(each -> found.addObject().put("rule", each.getType().name()).put("path", each.getLocation())
              .put("detail", each.getMessage()));
    } catch (AvroRuntimeException ambiguous) {
      found.addObject().put("rule", "AMBIGUOUS_ALIAS").put("path", "").put("detail", "");
    }
    return found;
  }
}
