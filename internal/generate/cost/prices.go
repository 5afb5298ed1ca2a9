package main

// scenario is a month of an organization.
type scenario struct {
	name     string
	accounts int
	findings float64 // reported, those that are fixed included
	fixes    float64
	controls float64 // that fixed something
}

// scenarios are nobody at work, and the three that Automated Security Response computes its own cost for.
func scenarios() []scenario {
	return []scenario{
		{name: "idle"},
		{"10 accounts", 10, 5_000, 300, 10},
		{"100 accounts", 100, 50_000, 3_000, 30},
		{"1,000 accounts", 1_000, 5_000_000, 30_000, 60},
	}
}

// line is one of the bill: how often, and for how much.
type line struct {
	what  string
	price float64 // in dollars, for so many
	each  float64
	unit  string
	count func(measured, scenario) float64
}

// What is assumed beside what is measured. A month has 30 days; pollers and their waits are Lambda's own for queues.
const (
	minutes        = 30 * 24 * 60
	pollers        = 5    // of an event source, each asking three times a minute
	asks           = 3    // a minute
	messageCalls   = 3    // send, receive, delete; batches need fewer
	sweepSeconds   = 0.5  // billed
	fixSeconds     = 3.0  // billed
	ignoredSeconds = 0.1  // billed, for a finding that asks for nothing
	writeUnits     = 45.0 // of a fix: a transaction counts twice, and each index is written too
	runKilobytes   = 3.0
	keptMonths     = 400.0 / 30
	fixLog         = 7.0 // kilobytes of audit lines and metrics
	sweepLog       = 0.3 // kilobytes; Lambda itself writes only warnings
	auditMonths    = 12.0
	gigabyte       = 1_000_000.0 // kilobytes

	laterQueries = 3            // of a sweep, beside those that the bench measured: plans, rules, fixes that are due
	mostLooks    = 60 * 24 * 30 // at fixes, in a month, by the budget that holds where the configuration is silent
	lookSeconds  = 1.0          // billed
	lookWrites   = 7.0          // units: when it is due, twice, in the index too, and the budget
	lookReads    = 4.0          // units: the run twice, its work, the entry
	lookLog      = 0.5          // kilobytes
)

// looks is how often fixes are read again: each that is kept once a week, as far as the budget goes.
func looks(s scenario) float64 { return min(s.fixes*keptMonths*30/7, mostLooks) }

func lines() []line {
	invocations := func(s scenario) float64 { return minutes + s.findings }
	seconds := func(s scenario) float64 {
		return minutes*sweepSeconds + s.fixes*fixSeconds + (s.findings-s.fixes)*ignoredSeconds + looks(s)*lookSeconds
	}
	logged := func(s scenario) float64 { return (s.fixes*fixLog + minutes*sweepLog + looks(s)*lookLog) / gigabyte }
	return []line{
		{"alarms", 0.10, 1, "alarm", func(m measured, _ scenario) float64 { return float64(m.alarms) }},
		{"dashboard", 3.00, 1, "dashboard", func(m measured, _ scenario) float64 { return float64(m.dashboards) }},
		{"key for the topics", 1.00, 1, "key", func(m measured, _ scenario) float64 { return float64(m.keys) }},
		{"uses of the key", 0.03, 10_000, "uses", func(m measured, s scenario) float64 {
			return s.fixes * float64(m.publishes)
		}},
		{
			"metrics: three a control that fixed something, two sums, one of the sweep", 0.30, 1, "metric",
			func(_ measured, s scenario) float64 {
				if s.controls == 0 {
					return 1
				}
				return 3*s.controls + 3
			},
		},
		{
			"queues: polling, sweeps, three requests a message", 0.40, 1_000_000, "requests",
			func(m measured, s scenario) float64 {
				return float64(m.sources)*pollers*asks*minutes + messageCalls*(minutes+s.findings)
			},
		},
		{
			"function: a start a sweep and a finding", 0.20, 1_000_000, "starts",
			func(_ measured, s scenario) float64 { return invocations(s) },
		},
		{
			"function: GB-seconds on ARM", 0.0000133334, 1, "GB-second",
			func(m measured, s scenario) float64 { return m.memory * seconds(s) },
		},
		{"table: write units", 0.625, 1_000_000, "units", func(_ measured, s scenario) float64 {
			return s.fixes*writeUnits + looks(s)*lookWrites
		}},
		{
			"table: read units, of sweeps and of the configuration twice a minute", 0.125, 1_000_000, "units",
			func(m measured, s scenario) float64 {
				return minutes*(float64(m.queries+laterQueries)+2) + s.fixes*float64(m.transactions+m.updates) + looks(s)*lookReads
			},
		},
		{"table: GB kept for 400 days", 0.25, 1, "GB", func(_ measured, s scenario) float64 {
			return s.fixes * keptMonths * runKilobytes / gigabyte
		}},
		{"logs: GB taken in", 0.50, 1, "GB", func(_ measured, s scenario) float64 { return logged(s) }},
		{"logs: GB kept for a year", 0.03, 1, "GB", func(_ measured, s scenario) float64 {
			return logged(s) * auditMonths
		}},
		{"notices: messages", 0.50, 1_000_000, "messages", func(m measured, s scenario) float64 {
			return s.fixes * float64(m.publishes)
		}},
	}
}

// apart is what the same month costs elsewhere because of the fixes.
func apart() []line {
	fixes := func(_ measured, s scenario) float64 { return s.fixes }
	return []line{
		{"mails, if each fix were told in one", 2.00, 100_000, "mails", fixes},
		{"AWS Config in the members: a recorded change a fix", 0.003, 1, "item", fixes},
		{"Security Hub in the members: a check a fix", 0.001, 1, "check", fixes},
	}
}
