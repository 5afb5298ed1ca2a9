package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// table is the bill: each line with its price and, for each scenario, count and dollars.
func table(m measured) string {
	var b strings.Builder
	b.WriteString("| | price |")
	for _, s := range scenarios() {
		b.WriteString(" " + s.name + " | |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat("--:|--:|", len(scenarios())) + "\n")
	total := section(&b, m, lines(), "together")
	section(&b, m, apart(), "apart, together")
	b.WriteString("\n| a month | Salve | Automated Security Response, by its own page |\n|---|--:|--:|\n")
	for i, s := range scenarios() {
		theirs, ok := map[int]string{10: "14.70", 100: "106.49", 1_000: "7,360.00"}[s.accounts]
		if ok {
			fmt.Fprintf(&b, "| %s, %s fixes | %s | %s |\n", s.name, grouped(s.fixes), dollars(total[i]), theirs)
		}
	}
	return b.String()
}

// section writes lines and their sums, which are of what stands there.
func section(b *strings.Builder, m measured, lines []line, name string) []float64 {
	sums := make([]float64, len(scenarios()))
	for _, l := range lines {
		fmt.Fprintf(b, "| %s | $%s for %s %s |", l.what, strconv.FormatFloat(l.price, 'f', -1, 64), grouped(l.each), l.unit)
		for i, s := range scenarios() {
			count := l.count(m, s)
			cost := math.Round(count/l.each*l.price*100) / 100
			sums[i] += cost
			fmt.Fprintf(b, " %s | %s |", grouped(count), dollars(cost))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "| **%s** | |", name)
	for _, sum := range sums {
		fmt.Fprintf(b, " | **%s** |", dollars(sum))
	}
	b.WriteString("\n")
	return sums
}

// grouped is a count with commas; of less than a hundred with what it takes to see it.
func grouped(count float64) string {
	if count < 100 && count != math.Trunc(count) {
		return strconv.FormatFloat(count, 'f', 2, 64)
	}
	digits := strconv.FormatFloat(math.Round(count), 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

func dollars(sum float64) string { return strconv.FormatFloat(sum, 'f', 2, 64) }
