package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// measured is what is counted, in the template and by the bench, and not assumed.
type measured struct {
	alarms, dashboards, keys, sources int // of the template
	memory                            float64
	// Of one fix with its notice, by a function that is running.
	publishes, transactions, updates int
	// Of a sweep.
	queries int
}

// measure counts; what it does not find is an error, so that no line of the table is nothing by mistake.
func measure(template, bench string) (measured, error) {
	var m measured
	for kind, into := range map[string]*int{
		"CloudWatch::Alarm": &m.alarms, "CloudWatch::Dashboard": &m.dashboards, "KMS::Key": &m.keys,
		"Lambda::EventSourceMapping": &m.sources,
	} {
		if *into = strings.Count(template, "Type: AWS::"+kind+"\n"); *into == 0 {
			return m, fmt.Errorf("the template has no %s", kind)
		}
	}
	memory := regexp.MustCompile(`MemorySize: (\d+)`).FindStringSubmatch(template)
	if memory == nil {
		return m, fmt.Errorf("the template says no MemorySize")
	}
	megabytes, err := strconv.Atoi(memory[1])
	if err != nil {
		return m, fmt.Errorf("the memory of the function: %w", err)
	}
	m.memory = float64(megabytes) / 1024
	fix := regexp.MustCompile(`(?m)^\| AWS calls of one remediation .* warm, with its notice \|.*$`).FindString(bench)
	for call, into := range map[string]*int{
		"Publish": &m.publishes, "TransactWriteItems": &m.transactions, "UpdateItem": &m.updates,
	} {
		count := regexp.MustCompile(`(\d+) ` + call).FindStringSubmatch(fix)
		if count == nil {
			return m, fmt.Errorf("the bench measured no %s of a fix with its notice", call)
		}
		if *into, err = strconv.Atoi(count[1]); err != nil {
			return m, fmt.Errorf("%s of a fix: %w", call, err)
		}
	}
	if !strings.Contains(bench, "costs seven `Query` a minute") {
		return m, fmt.Errorf("the bench no longer says that a sweep costs seven queries")
	}
	m.queries = 7
	return m, nil
}
