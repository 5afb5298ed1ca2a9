package main

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/salve-security/salve/internal/plain"
)

// How much of a stranger's text is shown: names are short, changes of policies are not.
const (
	maxCell = 160
	maxText = 2000
)

// painted is text of ours that may hold colours: it is printed as it is.
type painted string

// say prints a line for people. What is filled in may come from strangers, so
// that nothing in it can steer a terminal or break the line.
func (a *app) say(format string, args ...any) {
	for i, arg := range args {
		args[i] = shown(arg, maxText)
	}
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		printf(a.out, "%s\n", strings.Join(fitted(line, a.columns), "\n"))
	}
}

// fitted breaks a line between words where a terminal of so many columns would break it anywhere. One that has a
// command to copy is left to the terminal, for which it stays one line.
func fitted(line string, columns int) []string {
	command := strings.Contains(line, ": salve ") && !strings.HasPrefix(line, "  note: ") ||
		strings.Contains(line, "fix: aws ")
	if columns == 0 || command || text.StringWidthWithoutEscSequences(line) <= columns {
		return []string{line}
	}
	const further = 2
	if slices.ContainsFunc(strings.Fields(line), func(word string) bool { return plain.Length(word) > columns-further }) {
		return []string{line} // an address that somebody may want to copy
	}
	begin := line[:len(line)-len(strings.TrimLeft(line, " "))]
	lines := wrapWords(line, columns-len(begin)-further)
	for i := range lines {
		lines[i] = begin + strings.Repeat(" ", min(i, 1)*further) + lines[i]
	}
	return lines
}

// printf prints to a terminal or a pipe. Who closed it does not want to know
// that nothing can be printed any more.
func printf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// shown makes an argument fit to be printed.
func shown(arg any, limit int) any {
	switch x := arg.(type) {
	case painted:
		return string(x)
	case error:
		return plain.Short(x.Error(), limit)
	case fmt.Stringer:
		return plain.Short(x.String(), limit)
	}
	if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
		return plain.Short(v.String(), limit)
	}
	return arg
}
