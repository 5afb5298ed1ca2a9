package wire

import (
	"maps"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
)

const auto = `{"version":1,"controls":{"S3.8":{"mode":"auto"}}}`

// book pushes a document and returns a reader of it with a clock that the test moves.
func book(t *testing.T, doc string) (*cached, *time.Time) {
	t.Helper()
	settings, err := FromEnv(world.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	clock := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	c := &cached{book: Ledger(world.Orchestrator(), settings), now: func() time.Time { return clock }}
	push(t, c, doc)
	world.ClearCalls()
	t.Cleanup(world.ClearFaults)
	return c, &clock
}

func push(t *testing.T, c *cached, doc string) {
	t.Helper()
	stored, err := c.book.Settings(t.Context()) // one that cannot be read is mended
	if err != nil {
		t.Fatal(err)
	}
	if err := c.book.PushConfig(t.Context(), gate.Push{Doc: doc, Over: stored.Version}); err != nil {
		t.Fatal(err)
	}
}

// reads counts how often the table was read since the journal was emptied.
func reads() int {
	n := 0
	for _, c := range world.Calls(0) {
		if c.Service == "dynamodb" && c.Operation == "GetItem" {
			n++
		}
	}
	return n
}

func mode(t *testing.T, c *cached) gate.Mode {
	t.Helper()
	config, err := c.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return config.Controls["S3.8"].Mode
}

func TestConfigurationIsReadOnceInAWhile(t *testing.T) {
	c, clock := book(t, auto)
	for range 5 {
		if got := mode(t, c); got != gate.Auto {
			t.Fatalf("mode %q, want auto", got)
		}
	}
	if n := reads(); n != 1 {
		t.Errorf("read %d times, want once", n)
	}

	push(t, c, `{"version":1,"controls":{"S3.8":{"mode":"off"}}}`)
	world.ClearCalls()
	*clock = clock.Add(ConfigAge - time.Second)
	if got := mode(t, c); got != gate.Auto || reads() != 0 {
		t.Errorf("mode %q after %d reads: the first reading is still good", got, reads())
	}
	*clock = clock.Add(time.Second)
	if got := mode(t, c); got != gate.Off || reads() != 1 {
		t.Errorf("mode %q after %d reads: what was pushed holds by now", got, reads())
	}
}

func TestNoConfigurationLeavesEverythingManual(t *testing.T) {
	c, _ := book(t, auto)
	spoil(t, c, nil) // as before the first push
	config, err := c.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(gate.Config{}, config, cmpopts.IgnoreUnexported(gate.Config{})); d != "" {
		t.Error(d)
	}
}

// spoil puts an item in the place of the configuration; nil takes it away.
func spoil(t *testing.T, c *cached, item map[string]types.AttributeValue) {
	t.Helper()
	db := dynamodb.NewFromConfig(world.Root(world.Hub()))
	key := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "config"}, "sk": &types.AttributeValueMemberS{Value: "config"},
	}
	var err error
	if item == nil {
		_, err = db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &c.book.Table, Key: key})
	} else {
		maps.Copy(item, key)
		_, err = db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &c.book.Table, Item: item})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestSpoiltConfigurationFailsClosed: what was off before may be on by what nobody can read.
func TestSpoiltConfigurationFailsClosed(t *testing.T) {
	version := &types.AttributeValueMemberN{Value: "5"}
	for name, item := range map[string]map[string]types.AttributeValue{
		"a map":      {"version": version, "doc": &types.AttributeValueMemberM{}},
		"binary":     {"version": version, "doc": &types.AttributeValueMemberB{Value: []byte(auto)}},
		"empty":      {"version": version, "doc": &types.AttributeValueMemberS{}},
		"missing":    {"version": version},
		"no version": {"version": &types.AttributeValueMemberS{Value: "5"}, "doc": &types.AttributeValueMemberS{Value: auto}},
	} {
		t.Run(name, func(t *testing.T) {
			c, clock := book(t, `{"version":1,"controls":{"S3.8":{"mode":"off"}}}`)
			if got := mode(t, c); got != gate.Off {
				t.Fatalf("mode %q, want off", got)
			}
			spoil(t, c, item)
			*clock = clock.Add(ConfigAge)
			if config, err := c.get(t.Context()); err == nil {
				t.Errorf("configuration %+v: S3.8 is not off any more", config)
			}
		})
	}
}

func TestConfigurationFailsClosed(t *testing.T) {
	tests := map[string]struct {
		doc   string
		fault lab.Fault
	}{
		"no JSON":       {doc: "auto"},
		"newer version": {doc: `{"version":2}`},
		"unknown field": {doc: `{"version":1,"control":{}}`},
		"unreadable":    {doc: auto, fault: lab.Fault{Service: "dynamodb", Operation: "GetItem", Error: lab.Fault500}},
		"throttled":     {doc: auto, fault: lab.Fault{Service: "dynamodb", Operation: "GetItem", Error: lab.FaultThrottle}},
		"answer lost":   {doc: auto, fault: lab.Fault{Service: "dynamodb", Operation: "GetItem", Error: lab.FaultDrop}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			// A good reading that has grown old is no help: what came after it may forbid.
			c, clock := book(t, auto)
			if got := mode(t, c); got != gate.Auto {
				t.Fatalf("mode %q, want auto", got)
			}
			push(t, c, tc.doc)
			if tc.fault.Error != "" {
				if err := world.Inject(tc.fault); err != nil {
					t.Fatal(err)
				}
			}
			*clock = clock.Add(ConfigAge)
			for range 2 {
				config, err := c.get(t.Context())
				if err == nil {
					t.Fatal("no error: acting on what cannot be read")
				}
				if d := cmp.Diff(gate.Config{}, config, cmp.AllowUnexported(gate.Config{})); d != "" {
					t.Errorf("a configuration comes with the error:\n%s", d)
				}
			}
			world.ClearFaults()
			push(t, c, auto)
			if got := mode(t, c); got != gate.Auto {
				t.Errorf("mode %q once it can be read again, want auto", got)
			}
		})
	}
}
