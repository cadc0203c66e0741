"""The order of the calls of a plan, on one page.

The promise, for every user and role, at every moment of an apply: what it may do both before and after the plan, it may
do all the time (no gap); what it may do neither before nor after, it may do at no time (no excess). An apply that stops
half way keeps the promise, too.

Steps need facts and make facts (`kinds/steps.py`): a policy is attached after it is created. Four rules add edges
between two steps that touch the same principal (`hazards.py`):

1. give before take: an Allow comes before the one that it replaces goes;
2. deny before give: a Deny comes before the Allow that it holds back;
3. take before lift: an Allow goes before the Deny that held it back;
4. an edit of a shared policy, group or boundary stands on the right side of each link to it: who comes never had the
   old content, who leaves never gets the new one.

`effects.py` says what each step gives to and takes from each principal. It goes through the documents and links of the
principal, those of its groups, and its boundary. Statements are compared as a whole (`policy/overlap.py`), on the safe
side: nothing here evaluates a request.

`constraints.py` solves the edges. Steps that would have to wait for each other form a cycle. It is broken, in this
order of preference, by

- writing a document of it in stages: Denies on, Allows on, Allows off, Denies off (`policy/stages.py`);
- creating a new role of it closed, with a trust policy that lets nobody in, and opening it last;
- giving up the mildest edge: a gap rather than an excess.

A step that waits for one of a later phase moves to that phase. `sort.py` sorts by needs, then phase, then address.
`schedule.py` says which calls may run side by side: a phase is a barrier, and one entity has one writer at a time.

An edge that was given up, or that a quota does not allow (`Step.forced_by`), exposes somebody for a while.
`arrange.py` puts all of this together, and finds out whether that comes to pass in the final order, from which call
until which. `report.py` says it in words.

Left out on purpose:

- Users that the plan creates: nobody has their credentials yet.
- Trust policies: each role has one, which one call changes.
- The content of policies of AWS and of other accounts is not read. It is taken to overlap with everything and to
  replace nothing. So calls wait for it if they can; if they cannot, the exposure says that nothing is known.
"""
