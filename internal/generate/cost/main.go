// Command cost computes docs/cost.md: what a month of Salve costs, count times price, line by line.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/salve-security/salve/deploy"
)

// The marks around what is computed.
const (
	begin = "<!-- table: make generate computes it -->\n"
	end   = "<!-- end of table -->\n"
)

func main() {
	docs := flag.String("docs", "docs", "the folder of the pages")
	flag.Parse()
	if err := run(*docs); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(docs string) error {
	path := filepath.Join(docs, "cost.md")
	page, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("the page: %w", err)
	}
	bench, err := os.ReadFile(filepath.Join(docs, "bench.md"))
	if err != nil {
		return fmt.Errorf("what the bench measured: %w", err)
	}
	m, err := measure(deploy.Hub(), string(bench))
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no table between its marks", path)
	}
	if err := os.WriteFile(path, []byte(before+begin+table(m)+end+after), 0o644); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
