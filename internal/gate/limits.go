package gate

import (
	"fmt"
	"strings"
	"time"
)

// Limits bounds how much happens. Nil fields are the engine's own defaults.
type Limits struct {
	// How many runs of reports may begin within an hour by the clock, UTC: of a control in all accounts, in an account by
	// all controls, of a control in an account. What is more waits for its turn. People who ask do not wait.
	PerControlPerHour           *int `json:"per_control_per_hour,omitempty" yaml:"per_control_per_hour"`
	PerAccountPerHour           *int `json:"per_account_per_hour,omitempty" yaml:"per_account_per_hour"`
	PerControlAndAccountPerHour *int `json:"per_control_and_account_per_hour,omitempty" yaml:"per_control_and_account_per_hour"` //nolint:lll // a name

	// How many runs of reports may write at the same time in an account and Region.
	AtOncePerAccountAndRegion *int `json:"at_once_per_account_and_region,omitempty" yaml:"at_once_per_account_and_region"`

	StopAfterFailures *int `json:"stop_after_failures,omitempty" yaml:"stop_after_failures"`
	// How often a run is tried that meets throttling or what else passes.
	Attempts *int `json:"attempts,omitempty" yaml:"attempts"`
	// How long a piece of work rests after a run, whatever that ended with.
	Cooldown *Duration `json:"cooldown,omitempty" yaml:"cooldown"`
}

const (
	// defaultStopAfter is how many runs of a control may end without a fix in an hour where the document is silent.
	defaultStopAfter = 5
	// mostFailures still stops what goes wrong before all of a large organization has met it.
	mostFailures = 500
	// mostPerHour is what an account has without any limit.
	mostPerHour = 3600
	// mostAtOnce is more than the function has at work.
	mostAtOnce = 100
	// mostAttempts take some four hours.
	mostAttempts = 20
	// longestCooldown is as long as a tug of war is remembered.
	longestCooldown = 7 * 24 * time.Hour
)

// StopAfter is how many runs of a control that end without a fix within an hour stop it.
func (c Config) StopAfter() int {
	if c.Limits == nil || c.Limits.StopAfterFailures == nil {
		return defaultStopAfter
	}
	return min(max(1, *c.Limits.StopAfterFailures), mostFailures)
}

// Attempts is how often a run is tried, usual where the document is silent.
func (c Config) Attempts(usual int) int {
	if c.Limits == nil || c.Limits.Attempts == nil {
		return usual
	}
	return min(max(1, *c.Limits.Attempts), mostAttempts)
}

// AtOnce is how many runs of reports may write at the same time in an account and Region; 0 for any number.
func (c Config) AtOnce() int {
	if c.Limits == nil || c.Limits.AtOncePerAccountAndRegion == nil {
		return 0
	}
	return min(max(1, *c.Limits.AtOncePerAccountAndRegion), mostAtOnce)
}

// Cooldown is how long a piece of work rests after each of its runs, zero where the document is silent.
func (c Config) Cooldown() time.Duration {
	if c.Limits == nil || c.Limits.Cooldown == nil {
		return 0
	}
	return min(max(0, time.Duration(*c.Limits.Cooldown)), longestCooldown)
}

// Budget is how many runs of something may begin within an hour.
type Budget struct {
	Key     string // names what the runs have in common
	PerHour int    // at least 1
	Of      string // what the runs are of, in words
	Why     string // a run waits, in a sentence
	Stamp   string // of the limit, see Stamps: another number has another one
}

// Budgets are those that a run of a control in an account draws on, the narrowest first.
func (c Config) Budgets(control, account string) []Budget {
	if c.Limits == nil {
		return nil
	}
	var out []Budget
	add := func(limit *int, name, key, of string) {
		if limit == nil {
			return
		}
		n := min(max(1, *limit), mostPerHour)
		out = append(out, Budget{Key: key, PerHour: n, Of: of, Stamp: stampOf(name, n), Why: fmt.Sprintf(
			"The configuration allows %d runs an hour of %s; this one waits for its turn.", n, of)})
	}
	id := strings.ToLower(control) // a control's id in other letters is the same control
	add(c.Limits.PerControlAndAccountPerHour, "per_control_and_account_per_hour", "both#"+id+"#"+account,
		control+" in account "+account)
	add(c.Limits.PerControlPerHour, "per_control_per_hour", "control#"+id, control)
	add(c.Limits.PerAccountPerHour, "per_account_per_hour", "account#"+account, "account "+account)
	return out
}

func (v *checker) limits(limits *Limits) {
	if limits == nil {
		return
	}
	hour := "write 1 to 3600; mode off stops a control"
	v.within("per_control_per_hour", limits.PerControlPerHour, mostPerHour, hour)
	v.within("per_account_per_hour", limits.PerAccountPerHour, mostPerHour, hour)
	v.within("per_control_and_account_per_hour", limits.PerControlAndAccountPerHour, mostPerHour, hour)
	v.within("at_once_per_account_and_region", limits.AtOncePerAccountAndRegion, mostAtOnce, "write 1 to 100")
	v.within("attempts", limits.Attempts, mostAttempts, "write 1 to 20")
	v.within("stop_after_failures", limits.StopAfterFailures, mostFailures, "write 1 to 500; mode off stops a control")
	if limits.Cooldown != nil && (*limits.Cooldown < 0 || time.Duration(*limits.Cooldown) > longestCooldown) {
		v.add("limits.cooldown", fmt.Sprintf("is %s", time.Duration(*limits.Cooldown)), "write 0s to 168h, such as 15m")
	}
}

// within refuses a limit below 1 or above most.
func (v *checker) within(limit string, value *int, most int, fix string) {
	if value != nil && (*value < 1 || *value > most) {
		v.add("limits."+limit, fmt.Sprintf("is %d", *value), fix)
	}
}
