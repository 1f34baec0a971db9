"""What a daemon's HTTP port tells operators, read: status, text and metrics."""

import re
import urllib.error
import urllib.request

SAMPLE = re.compile(r'^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)')


class Metrics:
    def __init__(self, text):
        self.text = text
        self.types = {}    # name -> type
        self.samples = {}  # name as it stands -> {sorted (label, value) pairs: value}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:]
                self.types[name] = kind
            elif line and not line.startswith("#"):
                found = SAMPLE.match(line)
                labels = tuple(sorted(LABEL.findall(found["labels"] or "")))
                self.samples.setdefault(found["name"], {})[labels] = float(found["value"])

    def value(self, name, **labels):
        """Of the one with exactly these labels; None where there is none."""
        return self.samples.get(name, {}).get(tuple(sorted(labels.items())))

    def by(self, name, label):
        """Values of a metric with one label, by that."""
        return {dict(labels)[label]: value for labels, value in self.samples.get(name, {}).items()}

    def shapes(self):
        """name -> (type, set of labels), as docs/METRICS.md has it."""
        found = {}
        for name, kind in self.types.items():
            samples = self.samples.get(f"{name}_count" if kind == "histogram" else name, {})
            labels = {label for pairs in samples for label, _ in pairs}
            if samples:
                found[name] = (kind, labels)
        return found


class Port:
    """The HTTP port of a daemon on loopback."""

    def __init__(self, number, token=""):
        self.number, self.token = number, token

    def get(self, path):
        """(status, text); (0, "") while nobody listens."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.number}{path}",
                                         headers={"Authorization": f"Bearer {self.token}"} if self.token else {})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except urllib.error.URLError:
            return 0, ""

    def metrics(self):
        status, text = self.get("/metrics")
        if status != 200:
            raise AssertionError(f"/metrics answers {status}: {text}")
        return Metrics(text)
