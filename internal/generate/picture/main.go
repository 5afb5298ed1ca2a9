// Command picture draws the demo: it runs it in a lab, takes the chapters that the README shows, and writes them as a
// picture that is the same each time.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// columns is how wide the terminal is that is drawn.
const columns = 100

func main() {
	program := flag.String("salve", "bin/salve", "the program to run")
	out := flag.String("o", "docs/demo.svg", "the file to write")
	flag.Parse()
	if err := picture(context.Background(), *program, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func picture(ctx context.Context, program, out string) error {
	var told strings.Builder
	cmd := exec.CommandContext(ctx, program, "demo")
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "NO_COLOR=") }),
		"CLICOLOR_FORCE=1", fmt.Sprintf("COLUMNS=%d", columns))
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&told, os.Stdout), os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run the demo: %w", err)
	}
	lines, err := chosen(same(told.String()))
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, []byte(draw(append([]string{"$ make demo"}, lines...), columns)), 0o644); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

// shown are the chapters of the demo that are drawn; what is said before the first one is, too.
func shown() []string { return []string{"1. ", "2. ", "6. ", "7. ", "10. "} }

// chosen are the lines that are drawn, up to the end of the last chapter's table.
func chosen(text string) ([]string, error) {
	parts := strings.Split(strings.TrimRight(text, "\n"), "\n\n")
	lines := strings.Split(parts[0], "\n")
	for _, title := range shown() {
		at := slices.IndexFunc(parts, func(part string) bool {
			return strings.HasPrefix(escape.ReplaceAllString(part, ""), title)
		})
		if at < 0 {
			return nil, fmt.Errorf("the demo has no chapter %q", title)
		}
		lines = append(append(lines, ""), strings.Split(parts[at], "\n")...)
	}
	return lines, nil
}
