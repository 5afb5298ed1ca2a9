package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/salve-security/salve/deploy"
)

const docs = "../../../docs"

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(strings.NewReplacer(",", "", "*", "", "$", "").Replace(strings.TrimSpace(text)), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPageIsCurrent: the page says what the template, the bench and the prices say now.
func TestPageIsCurrent(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"cost.md", "bench.md"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(read(t, docs, name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(folder); err != nil {
		t.Fatal(err)
	}
	if read(t, folder, "cost.md") != read(t, docs, "cost.md") {
		t.Error("docs/cost.md is stale: run make generate")
	}
}

// TestFiguresAreCountTimesPrice recomputes the page as a reader would, from what stands in it.
func TestFiguresAreCountTimesPrice(t *testing.T) {
	price := regexp.MustCompile(`^\$([0-9.]+) for ([0-9,]+) `)
	sums, rows := make([]float64, len(scenarios())), 0
	for _, row := range strings.Split(read(t, docs, "cost.md"), "\n") {
		cells := strings.Split(strings.Trim(row, "| "), "|")
		if len(cells) != 2+2*len(scenarios()) {
			continue
		}
		at := price.FindStringSubmatch(strings.TrimSpace(cells[1]))
		for i := range scenarios() {
			count, cost := cells[2+2*i], cells[3+2*i]
			switch {
			case at != nil:
				// A count below a hundred is shown with two decimals, which at a price of some dollars is a cent or less.
				want := number(t, count) / number(t, at[2]) * number(t, at[1])
				if math.Abs(want-number(t, cost)) > 0.011 {
					t.Errorf("%s: %s is %s, want %.2f", cells[0], count, cost, want)
				}
				sums[i] += number(t, cost)
				rows++
			case strings.Contains(cells[0], "together"):
				if math.Abs(sums[i]-number(t, cost)) > 0.001 {
					t.Errorf("%s: %s, its lines add up to %.2f", cells[0], cost, sums[i])
				}
				sums[i] = 0
			}
		}
	}
	if want := (len(lines()) + len(apart())) * len(scenarios()); rows != want {
		t.Errorf("recomputed %d figures of %d", rows, want)
	}
}

// TestReadmeSaysTheSame: the two figures that readers meet first.
func TestReadmeSaysTheSame(t *testing.T) {
	m, err := measure(deploy.Hub(), read(t, docs, "bench.md"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	sums := section(&b, m, lines(), "")
	want := fmt.Sprintf("About $%.0f a month idle, $%.0f with 10 accounts and 300 fixes, $%.0f with 1,000 and 30,000",
		sums[0], sums[1], sums[3])
	readme := strings.Join(strings.Fields(read(t, docs, "..", "README.md")), " ")
	if !strings.Contains(readme, want) {
		t.Errorf("README.md does not say %q", want)
	}
}

// TestWhatIsNotFoundIsAnError: a line of nothing would be a line that is wrong.
func TestWhatIsNotFoundIsAnError(t *testing.T) {
	hub, bench := deploy.Hub(), read(t, docs, "bench.md")
	for _, lost := range []struct{ text, word, want string }{
		{hub, "Type: AWS::CloudWatch::Alarm\n", "no CloudWatch::Alarm"},
		{hub, "MemorySize: ", "MemorySize"},
		{bench, "warm, with its notice", "with its notice"},
		{bench, "seven `Query`", "seven queries"},
	} {
		template, measuredBy := hub, bench
		if without := strings.ReplaceAll(lost.text, lost.word, ""); lost.text == hub {
			template = without
		} else {
			measuredBy = without
		}
		if _, err := measure(template, measuredBy); err == nil || !strings.Contains(err.Error(), lost.want) {
			t.Errorf("without %q: error %v", lost.word, err)
		}
	}
}
