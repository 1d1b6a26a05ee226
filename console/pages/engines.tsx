import { useQuery } from '@tanstack/react-query'
import { Page } from '#console/parts/page.tsx'
import { useWords } from '#console/words.ts'
import { EngineTable, enginesQuery } from './engine-table.tsx'
import { engineWords } from './words.ts'

export default function Engines() {
  const w = useWords(engineWords)
  const { dataUpdatedAt } = useQuery(enginesQuery)
  return (
    <Page title={w.title} question={w.question} updatedAt={dataUpdatedAt}>
      <EngineTable />
    </Page>
  )
}
