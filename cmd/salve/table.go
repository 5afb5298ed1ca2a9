package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	gap       = 2  // spaces between columns
	further   = 4  // spaces before the further lines of a row
	leastText = 24 // columns that words need to be read
)

// table prints rows under a header. On a terminal that is too narrow nothing is broken in the middle: a column of
// words gets more lines, else rows get further lines for the columns that do not fit.
func (a *app) table(header table.Row, rows []table.Row) {
	grid := [][]string{cells(header)}
	for _, row := range rows {
		grid = append(grid, cells(row))
	}
	if len(rows) == 0 {
		grid = append(grid, []string{"none"})
	}
	for _, line := range layOut(grid, a.columns) {
		printf(a.out, "%s\n", strings.TrimRight(line, " "))
	}
}

// cells are the cells of a row as they are printed.
func cells(row table.Row) []string {
	out := make([]string, len(row))
	for i, cell := range row {
		out[i] = fmt.Sprint(shown(cell, maxCell))
	}
	return out
}

// layOut makes lines of a table, at most so many columns wide if that can be; 0 for any width.
func layOut(grid [][]string, most int) []string {
	widths := widthsOf(grid)
	whole := -gap
	for _, width := range widths {
		whole += width + gap
	}
	if most == 0 || whole <= most {
		return inLines(grid, [][]int{upTo(len(widths))}, widths)
	}
	if at := wordy(grid, widths); at >= 0 && widths[at]-(whole-most) >= leastText {
		widths[at] -= whole - most
		return wrapped(grid, widths, at)
	}
	return inLines(grid, folded(widths, most), widths)
}

// wordy is the widest column that holds words; -1 for none.
func wordy(grid [][]string, widths []int) int {
	found := -1
	for at := range widths {
		words := slices.ContainsFunc(grid[1:], func(row []string) bool {
			return at < len(row) && strings.Contains(row[at], " ")
		})
		if words && (found < 0 || widths[at] > widths[found]) {
			found = at
		}
	}
	return found
}

func widthsOf(grid [][]string) []int {
	widths := make([]int, len(grid[0]))
	for _, row := range grid {
		for i, cell := range row {
			widths[i] = max(widths[i], text.StringWidthWithoutEscSequences(cell))
		}
	}
	return widths
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// folded are the columns of each line of a row, as many as fit.
func folded(widths []int, most int) [][]int {
	lines, room := [][]int{nil}, most
	for i, width := range widths {
		at := len(lines) - 1
		if len(lines[at]) > 0 && width > room {
			lines, room = append(lines, nil), most-further
			at++
		}
		lines[at] = append(lines[at], i)
		room -= width + gap
	}
	return lines
}

// inLines writes each row in lines with the columns that belong there; one with nothing to say is left out.
func inLines(grid [][]string, lines [][]int, widths []int) []string {
	var out []string
	for _, row := range grid {
		for at, columns := range lines {
			line := ""
			for _, i := range columns {
				if i < len(row) {
					line += padded(row[i], widths[i]+gap)
				}
			}
			switch {
			case at == 0:
				out = append(out, line)
			case strings.TrimSpace(line) != "":
				out = append(out, strings.Repeat(" ", further)+line)
			}
		}
	}
	return out
}

// wrapped writes a column of words in as many lines as it takes.
func wrapped(grid [][]string, widths []int, at int) []string {
	var out []string
	for _, row := range grid {
		parts := []string{""}
		if at < len(row) {
			parts = wrapWords(row[at], widths[at])
		}
		for n, part := range parts {
			line := ""
			for i, cell := range row {
				switch {
				case i == at:
					cell = part
				case n > 0:
					cell = ""
				}
				line += padded(cell, widths[i]+gap)
			}
			out = append(out, line)
		}
	}
	return out
}

// padded is a text with spaces behind it; colours take no room.
func padded(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-text.StringWidthWithoutEscSequences(s)))
}
