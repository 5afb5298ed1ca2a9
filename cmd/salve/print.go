package main

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
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
	printf(a.out, format+"\n", args...)
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

// table prints rows under a header.
func (a *app) table(header table.Row, rows []table.Row) {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.AppendHeader(header)
	for _, row := range rows {
		cells := make(table.Row, len(row))
		for i, cell := range row {
			cells[i] = shown(cell, maxCell)
		}
		t.AppendRow(cells)
	}
	if len(rows) == 0 {
		t.AppendRow(table.Row{"none"})
	}
	for line := range strings.SplitSeq(t.Render(), "\n") {
		printf(a.out, "%s\n", strings.TrimRight(line, " "))
	}
}
