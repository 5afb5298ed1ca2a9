// Command architecture draws docs/architecture.svg: what stands where, and what goes between it.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("out", "docs/architecture.svg", "the picture")
	flag.Parse()
	if err := os.WriteFile(*out, []byte(draw()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "architecture:", err)
		os.Exit(1)
	}
}
