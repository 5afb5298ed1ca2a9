package names

// Attributes of the table.
const (
	PartitionKey = "pk"
	SortKey      = "sk"
	ExpiresAt    = "expires_at"
	DueShard     = "due_shard"
	DueAt        = "due_at" // seconds since 1970

	// Began is when a run was created and its id: what histories are in the order of.
	Began         = "began"
	DayShard      = "day_shard"      // day of a run and one of a few shards
	AccountDay    = "account_day"    // account and day of a run
	StatusDay     = "status_day"     // status, day and shard of a run that has a status
	Resource      = "resource"       // of a run
	Batch         = "batch"          // of a run that is of one
	ApprovalShard = "approval_shard" // of work whose plan waits for approval
	ApprovalAt    = "approval_at"    // account and Began of the run that asked
	Asked         = "asked"          // id of the run that asked

	Account = "account"
	Control = "control" // in small letters
	Region  = "region"
	Actor   = "actor"
)

// Index is a global secondary index of the table. Deployed tables get a new one
// only by a migration, so all that is planned is there from the beginning.
type Index struct {
	Name      string
	Partition string
	Sort      string
	Carries   []string // attributes beside the keys; nil for all
}

// The indexes.
const (
	DueIndex      = "due"      // what waits: open runs, people to be told, confirmations, accounts
	DayIndex      = "day"      // all runs by time
	AccountIndex  = "account"  // the runs of an account by time
	StatusIndex   = "status"   // the runs of a status by time
	ResourceIndex = "resource" // the runs of a resource by time
	BatchIndex    = "batch"    // the runs of a batch
	ApprovalIndex = "approval" // work that waits for approval, by account and time
)

// Indexes are all indexes of the table.
func Indexes() []Index {
	narrow := []string{Account, Control, Region, Actor}
	return []Index{
		{Name: DueIndex, Partition: DueShard, Sort: DueAt},
		{Name: DayIndex, Partition: DayShard, Sort: Began, Carries: narrow},
		{Name: AccountIndex, Partition: AccountDay, Sort: Began, Carries: narrow},
		{Name: StatusIndex, Partition: StatusDay, Sort: Began, Carries: narrow},
		{Name: ResourceIndex, Partition: Resource, Sort: Began, Carries: narrow},
		{Name: BatchIndex, Partition: Batch, Sort: Began, Carries: narrow},
		{Name: ApprovalIndex, Partition: ApprovalShard, Sort: ApprovalAt, Carries: []string{Asked, Region, Actor}},
	}
}
