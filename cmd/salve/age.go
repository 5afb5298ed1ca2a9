package main

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/alecthomas/kong"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
	// longestAge keeps a time that is counted back or ahead one that can be written.
	longestAge = 100 * 365 * day
)

// ageShape is a span of time: weeks, days, and what Go knows.
var ageShape = regexp.MustCompile(`^(?:(\d{1,5})w)?(?:(\d{1,6})d)?((?:\d{1,9}(?:\.\d{1,9})?(?:h|m|s|ms))*)$`)

// age reads a span of time such as 90m, 24h, 7d, 2w or 1d12h; false for what is none.
func age(text string) (time.Duration, bool) {
	part := ageShape.FindStringSubmatch(text)
	if text == "" || part == nil {
		return 0, false
	}
	weeks, _ := strconv.ParseInt("0"+part[1], 10, 64) // the shape holds digits alone
	days, _ := strconv.ParseInt("0"+part[2], 10, 64)
	if weeks*int64(week/day)+days > int64(longestAge/day) {
		return 0, false
	}
	sum := time.Duration(weeks)*week + time.Duration(days)*day
	if part[3] != "" {
		rest, err := time.ParseDuration(part[3])
		if err != nil {
			return 0, false
		}
		sum += rest
	}
	return sum, sum <= longestAge
}

// span is the value of a flag that takes a span of time.
type span time.Duration

// Decode reads the flag.
func (s *span) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("time", &text); err != nil {
		return fmt.Errorf("read the value: %w", err)
	}
	value, ok := age(text)
	if !ok {
		return fmt.Errorf("%q is no span of time: write one such as 90m, 2h, 7d or 2w", text)
	}
	*s = span(value)
	return nil
}
